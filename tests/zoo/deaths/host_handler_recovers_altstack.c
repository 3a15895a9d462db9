/* The same from an alternate stack of the program's own. Context: tool. */
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
    siglongjmp(back, 1);
}

void crash_here(void)
{
    for (volatile int i = 0; i < 1000; i++) {
        if (sigsetjmp(back, 1) == 0)
            death_write(0x10);
    }
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handle,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};

    (void)sigaction(SIGSEGV, &action, NULL);
    static char stack[64 << 10];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    (void)sigaltstack(&alternate, NULL);
    crash_outer();
    puts("went on");
    return 0;
}
