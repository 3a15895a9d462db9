/* The program's handler takes the default and raises again, where every
 * handler, of other signals too, blocks all signals: it is still the fault that
 * is told of. Context: tool. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>

#include "tests/zoo/deaths/death.h"

static void handle(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
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

    (void)sigfillset(&action.sa_mask);
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)sigaction(SIGUSR1, &action, NULL);

    crash_outer();
    puts("went on");
    return 0;
}
