/* The program's handler takes the default, raises again and exits. Context:
 * tool. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

static void handle(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    (void)signal(number, SIG_DFL);
    (void)kill(getpid(), number); /* waits for the handler's return */
    _exit(5);
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
