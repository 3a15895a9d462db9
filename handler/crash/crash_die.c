/* The death as it would have been. Context: crash. */
#include "handler/crash/crash_die.h"

#include <string.h>

#include "handler/interpose/real.h"
#include "proto/base/sys.h"

#define TRAP_BYTES    1 /* int3 */
#define SYSCALL_BYTES 2 /* syscall */
/* The faults that the kernel tells as SI_KERNEL (Intel SDM volume 3, 6.15):
 * invalid TSS, segment not present, stack, general protection. */
#define TRAP_FIRST 10
#define TRAP_LAST  13

/*
 * Whether running the interrupted instruction again raises the signal. Not
 * where the kernel has made it: it could not put a signal's frame on the stack,
 * say, and the program would just go on.
 */
static bool is_fault(const struct crash_event *event)
{
    long trap = (long)event->context->uc_mcontext.gregs[REG_TRAPNO];

    return event->info && event->info->si_code > 0 &&
           (event->info->si_code != SI_KERNEL ||
            (trap >= TRAP_FIRST && trap <= TRAP_LAST));
}

static bool faults_again(const struct crash_event *event)
{
    switch (event->signal_number) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
        return is_fault(event);
    default:
        return false;
    }
}

/*
 * As pid 1 of a namespace a queued signal with the default disposition is
 * ignored by the kernel; only a fault kills. So the trap or the system call is
 * run again. abort() ends by itself (it executes hlt).
 */
static bool rewind_as_init(const struct crash_event *event)
{
    greg_t *registers = event->context->uc_mcontext.gregs;

    if (sys_getpid() != 1)
        return false;
    if (event->signal_number == SIGTRAP && event->info->si_code > 0)
        registers[REG_RIP] -= TRAP_BYTES;
    if (event->signal_number == SIGSYS && event->info->si_code > 0) {
        registers[REG_RIP] -= SYSCALL_BYTES;
        registers[REG_RAX] = event->info->si_syscall;
    }
    return true;
}

static void set_blocked(ucontext_t *context, int signal_number, bool blocked)
{
    uint64_t bit = 1ull << (signal_number - 1);
    uint64_t mask;

    memcpy(&mask, &context->uc_sigmask, sizeof mask);
    mask = blocked ? mask | bit : mask & ~bit;
    memcpy(&context->uc_sigmask, &mask, sizeof mask);
}

void crash_die(const struct crash_event *event)
{
    struct sigaction initial = {.sa_handler = SIG_DFL};
    uint64_t one = 1ull << (event->signal_number - 1);
    siginfo_t plain = {.si_signo = event->signal_number, .si_code = SI_TKILL};

    bool reset = real()->sigaction(event->signal_number, &initial, NULL) == 0;
    /* A fault whose signal is blocked kills whatever the disposition is: where
     * a sandbox forbids to change it. */
    set_blocked(event->context, event->signal_number, !reset);
    if (faults_again(event) || (event->info && rewind_as_init(event)))
        return;
    if (!event->info) {
        plain.si_pid = sys_getpid();
        plain.si_uid = (uint32_t)sys_call0(SYS_getuid);
    }
    (void)sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&one, 0,
                    SYS_SIGSET_BYTES); /* strikes when we return */
    (void)sys_call4(SYS_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(),
                    event->signal_number,
                    (long)(event->info ? event->info : &plain));
}
