/*
 * Which of the fault signals a thread believes it has blocked, while the
 * kernel has them unblocked. Context: any.
 */
#ifndef INQUEST_HANDLER_HOST_MASK_H
#define INQUEST_HANDLER_HOST_MASK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* SEGV BUS FPE ILL TRAP SYS: unblocked in the kernel, always. */
uint64_t host_mask_faults(void);

/*
 * The faults, and SIGABRT where libc's abort() leaves it blocked (glibc 2.41)
 * and ends the process by inner calls: it would not be heard of in a thread
 * that blocks all. What the kernel has unblocked though the thread blocks it;
 * not though a handler does, for in a handler runtimes unblock SIGABRT by calls
 * of their own that we do not see, and raise it to die.
 */
uint64_t host_mask_open(void);

/* Whether it does not: to be called once, at the start. */
void host_mask_begin(bool abort_unblocks);

/* What the calling thread has blocked in the kernel; ~0: it cannot be asked.
 * By the operation that a filter hardly refuses (Tor's does SIG_BLOCK). */
uint64_t host_mask_kernel(void);

uint64_t host_mask_bits(const sigset_t *set);
void host_mask_from_bits(sigset_t *set, uint64_t bits);

/*
 * What was blocked by one call: faults, which the kernel does not know of, and
 * beside them others, which it does. siglongjmp, setcontext and the return of a
 * signal handler put an older mask back, unseen by us; the faults stand for
 * blocked as long as those beside them are.
 */
struct host_belief {
    uint64_t faults;
    uint64_t beside;
};

/* The faults, of the calling thread; under: where its mask in the kernel is, or
 * was when it was interrupted, kernel_mask. */
uint64_t host_mask_believed(void);
uint64_t host_mask_believed_under(uint64_t kernel_mask);

struct host_belief host_mask_belief(void);
void host_mask_set_belief(struct host_belief belief);

#endif
