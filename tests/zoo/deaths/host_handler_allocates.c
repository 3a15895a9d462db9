/* The heap of a program with one thread is broken, malloc crashes over it, and
 * the handler allocates: there is no lock then that it would wait for. Context:
 * tool. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define SMALL      24
#define SMALL_KEPT 7 /* by libc for the thread; the arena has what is more */
#define LARGE      2000

static void *volatile blocks[SMALL_KEPT + 2];

static void take_small(void)
{
    for (int i = 0; i < SMALL_KEPT + 2; i++)
        blocks[i] = malloc(SMALL);
}

static void handle(int number)
{
    take_small();
    (void)signal(number, SIG_DFL);
}

int main(void)
{
    void *volatile large;

    (void)alarm(6);
    take_small();
    large = malloc(LARGE);
    void *volatile behind = malloc(SMALL);
    for (int i = 0; i < SMALL_KEPT + 2; i++)
        free(blocks[i]);
    volatile uintptr_t *links = large;
    free(large);
    links[1] = 0x10; /* the chunk before it in its bin */
    (void)signal(SIGSEGV, handle);
    large = malloc(LARGE + LARGE);
    return behind == large;
}
