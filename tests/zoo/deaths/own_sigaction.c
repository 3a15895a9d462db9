/* It defines sigaction and __sigaction itself, as Erlang's virtual machine
 * does, and hands on to the next __sigaction: what is next must not come back
 * here. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>

typedef int set_action(int number, const struct sigaction *action,
                       struct sigaction *before);

set_action __sigaction;

int __sigaction(int number, const struct sigaction *action,
                struct sigaction *before)
{
    static set_action *next;

    if (!next)
        next = (set_action *)dlsym(RTLD_NEXT, "__sigaction");
    return next ? next(number, action, before) : -1;
}

int sigaction(int number, const struct sigaction *action,
              struct sigaction *before)
{
    return __sigaction(number, action, before);
}

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    struct sigaction initial = {.sa_handler = SIG_DFL};

    if (sigaction(SIGSEGV, &initial, NULL) < 0 ||
        sigaction(SIGUSR1, &initial, NULL) < 0)
        return 1;
    crash_outer();
    return 0;
}
