/*
 * A program that dies as it is told: victim hog MIB STEP_MS | wait | exit |
 * crash | raw_exit | grow MIB_PER_S. Says "ready" first. Context: tool.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

static void pause_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&time, NULL);
}

/* Takes so many MiB, one at a time; then waits for its end. */
static void hog(long mib, long step_ms)
{
    for (long i = 0; i < mib; i++) {
        char *block = malloc(MIB);
        if (!block)
            abort();
        memset(block, (int)i + 1, MIB);
        if (step_ms > 0)
            pause_ms(step_ms);
    }
    puts("full");
    for (;;)
        (void)pause();
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "wait";

    (void)setvbuf(stdout, NULL, _IONBF, 0);
    puts("ready");
    if (strcmp(mode, "hog") == 0 && argc == 4)
        hog(strtol(argv[2], NULL, 10), strtol(argv[3], NULL, 10));
    if (strcmp(mode, "exit") == 0)
        return 0;
    if (strcmp(mode, "crash") == 0)
        *(volatile int *)8 = 1;
    if (strcmp(mode, "raw_exit") == 0) /* past every hook */
        __asm__ volatile("syscall" ::"a"(SYS_exit_group), "D"(0));
    for (;;)
        (void)pause();
}
