/* The program's handler takes the default and raises again. Context: tool. */
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
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};

    (void)sigaction(SIGSEGV, &action, NULL);

    crash_outer();
    puts("went on");
    return 0;
}
