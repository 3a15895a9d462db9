/* The program's handler maps the page and returns. Context: tool. */
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

static sigjmp_buf back;
static char *page;

static void handle(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    (void)back;
    (void)page;
    (void)mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

void crash_here(void)
{
    for (int i = 0; i < 1000; i++) {
        (void)mprotect(page, 4096, PROT_NONE);
        death_write((uintptr_t)page);
    }
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};

    (void)sigaction(SIGSEGV, &action, NULL);
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    crash_outer();
    puts("went on");
    return 0;
}
