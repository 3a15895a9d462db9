/*
 * pthread_create, and C11's: every thread gets an alternate stack, and inherits
 * what its creator believes of its mask. The hand-over lives in a slot of a
 * static pool, for malloc itself may create threads.
 *
 * The end of the program's last thread is the end of the process (glibc counts
 * them), so ours must be gone by then: they are counted here. Context: guest.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <threads.h>

#include "handler/crash/altstack.h"
#include "handler/crash/host_mask.h"
#include "handler/guest.h"
#include "handler/interpose/interpose.h"
#include "handler/interpose/other_libc.h"
#include "handler/interpose/real.h"
#include "handler/sampler/sampler.h"
#include "proto/base/compiler.h"
#include "proto/base/sys.h"

#define SLOTS          128
#define RELEASE_ROUNDS 3 /* of PTHREAD_DESTRUCTOR_ITERATIONS (4) */

struct start {
    uint32_t taken;
    void *(*run)(void *);
    int (*run_c11)(void *);
    void *argument;
    struct host_belief belief;
    uint64_t blocked; /* faults, in the kernel, until the thread knows them */
};

static FAR_BEHIND struct start slots[SLOTS];
static pthread_key_t release_key;
static bool release_key_made;
/* The program's threads whose end we see. Those we do not see are not counted:
 * then the sampler may go too early, never too late. */
static uint32_t counted = 1;

static void thread_gone(void)
{
    if (__atomic_sub_fetch(&counted, 1, __ATOMIC_ACQ_REL) == 0)
        (void)sampler_stop();
}

/*
 * Runs at thread exit, in the last round of destructors: those of the program
 * still have the stack.
 */
static void release(void *rounds)
{
    uintptr_t left = (uintptr_t)rounds;

    if (left > 1) {
        (void)pthread_setspecific(release_key, (void *)(left - 1));
    } else {
        altstack_release();
        thread_gone();
    }
}

/* Whether release will run at the end of this thread. */
static bool watch_end(void)
{
    return release_key_made &&
           pthread_setspecific(release_key, (void *)RELEASE_ROUNDS) == 0;
}

void interpose_thread_prepare(void)
{
    release_key_made = pthread_key_create(&release_key, release) == 0;
    (void)watch_end();
}

void interpose_thread_forked(void)
{
    counted = 1;
    (void)watch_end();
}

/*
 * A new thread knows late what it believes blocked: until then the kernel has
 * it blocked, or a signal that is sent would find it unblocked there.
 */
static uint64_t block_believed(void)
{
    uint64_t faults = host_mask_believed();

    if (faults != 0) {
        (void)sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&faults, 0,
                        SYS_SIGSET_BYTES);
    }
    return faults;
}

static void unblock(uint64_t faults)
{
    if (faults != 0) {
        (void)sys_call4(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&faults, 0,
                        SYS_SIGSET_BYTES);
    }
}

static struct start *take_slot(void)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (!__atomic_exchange_n(&slots[i].taken, 1, __ATOMIC_ACQUIRE))
            return &slots[i];
    }
    return NULL;
}

/* In the new thread: takes what was handed over, and the slot is free. */
static struct start begin_thread(struct start *slot)
{
    struct start start = *slot;

    __atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
    host_mask_set_belief(start.belief);
    (void)altstack_install();
    unblock(start.blocked);
    if (!watch_end())
        thread_gone();
    return start;
}

static void *run_thread(void *slot)
{
    struct start start = begin_thread(slot);

    return start.run(start.argument);
}

static int run_c11_thread(void *slot)
{
    struct start start = begin_thread(slot);

    return start.run_c11(start.argument);
}

/* Attributes may bring a mask, which the thread then has instead. */
static void heed_mask(struct start *start, const pthread_attr_t *attributes)
{
    sigset_t mask;

    if (!attributes || pthread_attr_getsigmask_np(attributes, &mask) != 0 ||
        !guest_interposes(INTERPOSE_MASK))
        return;
    uint64_t bits = host_mask_bits(&mask);
    start->blocked = bits & host_mask_open();
    start->belief = (struct host_belief){start->blocked, bits};
}

/* NULL: the thread goes without, for the switch or for a burst of creations. */
static struct start *hand_over(void *argument, uint64_t blocked)
{
    sampler_has_company();
    sampler_wanted();
    struct start *slot =
        guest_interposes(INTERPOSE_THREAD) ? take_slot() : NULL;
    if (!slot)
        return NULL;
    slot->argument = argument;
    slot->belief = host_mask_belief();
    slot->blocked = blocked;
    (void)__atomic_add_fetch(&counted, 1, __ATOMIC_ACQ_REL);
    return slot;
}

/* There is no such thread. */
static void take_back(struct start *slot)
{
    (void)__atomic_sub_fetch(&counted, 1, __ATOMIC_ACQ_REL);
    __atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
}

#define NO_MASK (~0ull) /* as host_mask_kernel; SIGKILL is never blocked */

/* Elsewhere it is not needed. */
static uint64_t mask_in_sandbox(void)
{
    return guest.sandboxed ? host_mask_kernel() : NO_MASK;
}

/*
 * glibc blocks all signals while it makes a thread. Where a filter refuses
 * SIG_BLOCK (Tor's does), it goes back to a mask that was never stored: what
 * lies on the stack, and with us that blocked SIGTERM in most runs.
 */
static void restore_mask(uint64_t before)
{
    if (before != NO_MASK && host_mask_kernel() != before) {
        (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0,
                        SYS_SIGSET_BYTES);
    }
}

EXPORT int pthread_create(pthread_t *ret_thread,
                          const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument)
{
    if (guest.config.disabled)
        return real()->pthread_create(ret_thread, attributes, run, argument);
    uint64_t blocked = block_believed();
    uint64_t mask = mask_in_sandbox();
    struct start *slot = hand_over(argument, blocked);
    int r;

    if (slot) {
        slot->run = run;
        heed_mask(slot, attributes);
        r = real()->pthread_create(ret_thread, attributes, run_thread, slot);
        if (r != 0)
            take_back(slot);
    } else {
        r = real()->pthread_create(ret_thread, attributes, run, argument);
    }
    restore_mask(mask);
    unblock(blocked);
    return r;
}

EXPORT int thrd_create(thrd_t *ret_thread, thrd_start_t run, void *argument)
{
    if (guest.config.disabled)
        return real()->thrd_create(ret_thread, run, argument);
    uint64_t blocked = block_believed();
    uint64_t mask = mask_in_sandbox();
    struct start *slot = hand_over(argument, blocked);
    int r;

    if (slot) {
        slot->run_c11 = run;
        r = real()->thrd_create(ret_thread, run_c11_thread, slot);
        if (r != thrd_success)
            take_back(slot);
    } else {
        r = real()->thrd_create(ret_thread, run, argument);
    }
    restore_mask(mask);
    unblock(blocked);
    return r;
}

void interpose_thread_exits(void)
{
    /* A thread that libc did not make may have no thread-local storage. */
    if (guest_interposes(INTERPOSE_EXIT) && !guest.sandboxed &&
        guest.sampler_pid == sys_getpid() && guest.sampler_pid == sys_gettid())
        thread_gone();
}
