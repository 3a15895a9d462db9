/*
 * libunwind blocks every signal around each step, so that a signal handler
 * may unwind too: two system calls a frame, a tenth of the time of a dump with
 * 32 threads. The dumper has one thread and no handler that unwinds, so the
 * linker (--wrap) leads those calls here. Nothing else in the dumper changes
 * its mask. Context: tool.
 */
#include <signal.h>

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's naming. */
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *ret_before);
int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *ret_before);

int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *ret_before)
{
    (void)how;
    (void)set;
    return ret_before ? sigemptyset(ret_before) : 0;
}

int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *ret_before)
{
    return __wrap_sigprocmask(how, set, ret_before);
}

/*
 * Nor does it unwind itself, for which libunwind clears 26 KiB and opens a
 * pipe at the first stack (25 us).
 */
void __wrap__Ux86_64_local_addr_space_init(void);
void __wrap__Ux86_64_init_mem_validate(void);

void __wrap__Ux86_64_local_addr_space_init(void)
{
}

void __wrap__Ux86_64_init_mem_validate(void)
{
}
/* NOLINTEND(bugprone-reserved-identifier) */
