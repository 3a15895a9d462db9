/*
 * A signal arrives while the stack pointer leads nowhere: the kernel cannot put
 * its frame there and ends the program, which itself would run on. Context:
 * tool.
 */
#include <signal.h>
#include <sys/time.h>

#include "tests/zoo/deaths/death.h"

static void handle(int unused)
{
    (void)unused;
}

void crash_here(void)
{
    struct itimerval soon = {.it_value = {0, 20000}};

    (void)signal(SIGALRM, handle);
    (void)setitimer(ITIMER_REAL, &soon, NULL);
    __asm__ volatile("mov $0x7000000000, %rsp\n"
                     "1:\n\t"
                     "pause\n\t"
                     "jmp 1b");
}

int main(void)
{
    crash_outer();
    return 0;
}
