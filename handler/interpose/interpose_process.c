/*
 * The life of the process: main, exit and its family, fork.
 * Context: guest.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#include "handler/crash/crash_dump.h"
#include "handler/crash/crash_handler.h"
#include "handler/crash/crash_handling.h"
#include "handler/crash/host_action.h"
#include "handler/crash/host_mask.h"
#include "handler/crash/install.h"
#include "handler/guest.h"
#include "handler/interpose/interpose.h"
#include "handler/interpose/interpose_python.h"
#include "handler/interpose/other_libc.h"
#include "handler/interpose/real.h"
#include "handler/sampler/sampler.h"
#include "proto/base/compiler.h"
#include "proto/base/sys.h"

#define LIBC_SIGNALS (1ull << 31 | 1ull << 32) /* its own two (nptl(7)) */

static int (*program_main)(int, char **, char **);

static __attribute__((noinline, force_align_arg_pointer)) _Noreturn void
end_main(int status)
{
    guest_phase(BOX_EXITING);
    real()->exit(status);
    __builtin_unreachable();
}

/*
 * As libc does it: what main returns is the status, and nothing else of what
 * it leaves is looked at. Free Pascal's halt comes back from a stack that is as
 * deep as it was then, by the return address it has kept.
 */
static int run_main(int argc, char **argv, char **envp)
{
    guest_phase(BOX_RUNNING);
    end_main(program_main(argc, argv, envp));
}

/*
 * Here the libraries are initialised. libc takes memory for a thread from the
 * program's malloc, which would have read its settings from an environment that
 * is not there yet, and been called before its library's constructor.
 */
/* NOLINTBEGIN: name and parameters are glibc's. */
EXPORT int __libc_start_main(int (*main)(int, char **, char **), int argc,
                             char **argv, int (*init)(int, char **, char **),
                             void (*fini)(void), void (*rtld_fini)(void),
                             void *stack_end);
EXPORT int __libc_start_main(int (*main)(int, char **, char **), int argc,
                             char **argv, int (*init)(int, char **, char **),
                             void (*fini)(void), void (*rtld_fini)(void),
                             void *stack_end)
{
    program_main = main;
    if (!guest.sandboxed) /* by a constructor: a filter might kill at clone */
        sampler_start();
    return real()->libc_start_main(guest.config.disabled ? main : run_main,
                                   argc, argv, init, fini, rtld_fini,
                                   stack_end);
}
/* NOLINTEND */

/* A macro: the stack pointer is to be that of the function that is called. */
#define REPORT_EXIT()                                    \
    do {                                                 \
        if (guest_interposes(INTERPOSE_EXIT))            \
            (void)(crash_handler_exiting(                \
                (uintptr_t)__builtin_frame_address(0))); \
    } while (0)

EXPORT void exit(int status)
{
    REPORT_EXIT();
    guest_phase(BOX_EXITING);
    real()->exit(status);
    __builtin_unreachable();
}

EXPORT void _exit(int status)
{
    REPORT_EXIT();
    if (guest_interposes(INTERPOSE_EXIT))
        guest_clean_exit();
    for (;;)
        (void)sys_call1(SYS_exit_group, status);
}

EXPORT void _Exit(int status)
{
    _exit(status);
}

EXPORT void quick_exit(int status)
{
    REPORT_EXIT();
    guest_phase(BOX_EXITING);
    if (guest_interposes(INTERPOSE_EXIT))
        guest_clean_exit();
    real()->quick_exit(status);
    __builtin_unreachable();
}

/* Whether abort() would deliver SIGABRT to nobody, or to the program. */
static bool abort_goes_on(void)
{
    const uint64_t bit = 1ull << (SIGABRT - 1);
    struct sigaction action;

    host_action_get(SIGABRT, &action);
    return action.sa_handler == SIG_IGN ||
           (host_action_is_function(&action) && !(host_mask_believed() & bit));
}

/*
 * glibc's abort raises SIGABRT, and where that returns sets the default action
 * by an inner sigaction that nobody sees. So the first half is done here: the
 * program's handler has run once when glibc's own abort begins.
 */
EXPORT void abort(void)
{
    struct sigaction initial = {.sa_handler = SIG_DFL};
    ucontext_t context;
    sigset_t one;
    bool interposed =
        guest_interposes(INTERPOSE_EXIT) && guest_interposes(INTERPOSE_ACTION);

    if (interposed && abort_goes_on()) {
        REPORT_EXIT();
        (void)sigemptyset(&one);
        (void)sigaddset(&one, SIGABRT);
        (void)real()->pthread_sigmask(SIG_UNBLOCK, &one, NULL);
        (void)raise(SIGABRT);
        if (getcontext(&context) == 0)
            crash_handler_aborting(&context);
        (void)real()->sigaction(SIGABRT, &initial, NULL);
    } else if (interposed &&
               crash_handler_exiting((uintptr_t)__builtin_frame_address(0))) {
        /* Told. Its handler may run on 8 KiB, too few for one more of ours. */
        (void)real()->sigaction(SIGABRT, &initial, NULL);
    }
    real()->abort();
    __builtin_unreachable();
}

/*
 * The child has no sampler thread, and the box it sees is its parent's. owned:
 * whether its parent had this memory to itself.
 */
static void begin_child(bool owned)
{
    guest_forked();
    host_action_forked();
    crash_dump_forked();
    if (!guest.armed)
        return;
    if (!owned) /* what the parent set is with the kernel alone */
        install_handlers();
    sampler_forget();
    interpose_thread_forked();
    if (!guest.sandboxed && guest_interposes(INTERPOSE_FORK))
        sampler_start_forked(); /* a filter might kill at clone */
}

static bool handles_crash(uintptr_t stack_pointer)
{
    struct crash_event crash;

    return guest.armed && crash_handling_now(stack_pointer, &crash);
}

/*
 * Where libc knows of our thread, its fork takes malloc's and stdio's locks. A
 * handler that runs before they are released, in the child or its parent, and
 * allocates (which is not its right, but does no harm in a program that is
 * alone) would wait for ever. Not in the program's handler of a crash: malloc's
 * lock may be taken there, and an alarm or who sends SIGTERM ends the wait.
 * Returns what is held now and was not before.
 */
static uint64_t hold_signals(void)
{
    const uint64_t held = ~(host_mask_open() | LIBC_SIGNALS);
    uint64_t before = ~0ull;

    if (guest.armed && !sampler_is_unknown()) {
        (void)sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&held,
                        (long)&before, SYS_SIGSET_BYTES);
    }
    return held & ~before;
}

static void release_signals(uint64_t held)
{
    if (held != 0) {
        (void)sys_call4(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&held, 0,
                        SYS_SIGSET_BYTES);
    }
}

EXPORT pid_t fork(void)
{
    bool owned = guest_owns_memory();
    bool crashing = handles_crash((uintptr_t)__builtin_frame_address(0));
    bool stopped = !crashing && interpose_python_forks();
    uint64_t held = crashing ? 0 : hold_signals();

    guest_forks(owned);
    pid_t pid = real()->fork();
    guest_forks(false);
    if (pid == 0)
        begin_child(owned);
    release_signals(held);
    if (pid != 0)
        interpose_python_forked(stopped);
    return pid;
}

/* libc's forks by an inner call; its child alone returns, but for a failure. */
EXPORT int daemon(int keep_directory, int keep_descriptors)
{
    bool owned = guest_owns_memory();
    bool crashing = handles_crash((uintptr_t)__builtin_frame_address(0));
    uint64_t held = crashing ? 0 : hold_signals();

    guest_forks(owned);
    int r = real()->daemon(keep_directory, keep_descriptors);
    guest_forks(false);
    int saved_errno = errno;
    if (r == 0 || owned != guest_owns_memory())
        begin_child(owned);
    release_signals(held);
    errno = saved_errno;
    return r;
}
