/* Handlers into the kernel. Context: guest. */
#include "handler/crash/install.h"

#include <signal.h>

#include "handler/crash/crash_handler.h"
#include "handler/crash/host_action.h"
#include "handler/guest.h"
#include "handler/interpose/real.h"

/* Everything but the faults: a fault inside our handler must reach it. */
static void handler_mask(sigset_t *mask)
{
    static const int faults[] = {SIGSEGV, SIGBUS,  SIGFPE,
                                 SIGILL,  SIGTRAP, SIGSYS};

    (void)sigfillset(mask);
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++)
        (void)sigdelset(mask, faults[i]);
}

void install_one(int signal_number)
{
    struct sigaction wish;
    struct sigaction ours = {
        .sa_sigaction = crash_handler,
        .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
    };

    host_action_get(signal_number, &wish);
    if (wish.sa_handler == SIG_IGN) {
        (void)real()->sigaction(signal_number, &wish, NULL);
        return;
    }
    handler_mask(&ours.sa_mask);
    /* Without a function of the program's, who lives on has seen nothing. */
    ours.sa_flags |= host_action_is_function(&wish) ? wish.sa_flags & SA_RESTART
                                                    : SA_RESTART;
    (void)real()->sigaction(signal_number, &ours, NULL);
}

void install_undo(void)
{
    struct sigaction wish;

    if (!guest.armed)
        return;
    guest.armed = false;
    for (const int *at = crash_signals; *at; at++) {
        host_action_get(*at, &wish);
        (void)real()->sigaction(*at, &wish, NULL);
    }
}

void install_handlers(void)
{
    struct sigaction before;

    for (const int *at = crash_signals; *at; at++) {
        if (real()->sigaction(*at, NULL, &before) < 0 ||
            before.sa_sigaction == crash_handler ||
            (*at == SIGSYS && guest.sigsys_left))
            continue;
        host_action_set(*at, &before);
        install_one(*at);
    }
    guest.armed = true;
}

void install_leave_sigsys(void)
{
    struct sigaction wish;

    guest.sigsys_left = true;
    host_action_get(SIGSYS, &wish);
    (void)real()->sigaction(SIGSYS, &wish, NULL);
}

void install_take_sigsys(void)
{
    guest.sigsys_left = false;
    install_one(SIGSYS);
}
