/*
 * pthread_create: every thread gets an alternate stack, and inherits what its
 * creator believes of its mask. The hand-over lives in a slot of a static
 * pool, for malloc itself may create threads.
 *
 * The end of the program's last thread is the end of the process (glibc counts
 * them), so ours must be gone by then: they are counted here. Context: guest.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "handler/crash/altstack.h"
#include "handler/crash/host_mask.h"
#include "handler/guest.h"
#include "handler/interpose/interpose.h"
#include "handler/interpose/real.h"
#include "handler/sampler/sampler.h"
#include "proto/base/compiler.h"

#define SLOTS          128
#define RELEASE_ROUNDS 3 /* of PTHREAD_DESTRUCTOR_ITERATIONS (4) */

struct start {
    uint32_t taken;
    void *(*run)(void *);
    void *argument;
    struct host_belief belief;
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

static struct start *take_slot(void)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (!__atomic_exchange_n(&slots[i].taken, 1, __ATOMIC_ACQUIRE))
            return &slots[i];
    }
    return NULL;
}

static void *run_thread(void *slot)
{
    struct start start = *(struct start *)slot;

    __atomic_store_n(&((struct start *)slot)->taken, 0, __ATOMIC_RELEASE);
    host_mask_set_belief(start.belief);
    (void)altstack_install();
    if (!watch_end())
        thread_gone();
    return start.run(start.argument);
}

EXPORT int pthread_create(pthread_t *ret_thread,
                          const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument)
{
    sampler_wanted();
    if (!guest_interposes(INTERPOSE_THREAD))
        return real()->pthread_create(ret_thread, attributes, run, argument);
    struct start *slot = take_slot();
    if (!slot) /* a burst of creations: this one goes without */
        return real()->pthread_create(ret_thread, attributes, run, argument);
    slot->run = run;
    slot->argument = argument;
    slot->belief = host_mask_belief();
    (void)__atomic_add_fetch(&counted, 1, __ATOMIC_ACQ_REL);
    int r = real()->pthread_create(ret_thread, attributes, run_thread, slot);
    if (r != 0) {
        (void)__atomic_sub_fetch(&counted, 1, __ATOMIC_ACQ_REL);
        __atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
    }
    return r;
}
