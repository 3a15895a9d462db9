/*
 * pthread_create: every thread gets an alternate stack, and inherits what its
 * creator believes of its mask. The hand-over lives in a slot of a static
 * pool, for malloc itself may create threads. Context: guest.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "handler/crash/altstack.h"
#include "handler/crash/host_mask.h"
#include "handler/guest.h"
#include "handler/interpose/interpose.h"
#include "handler/interpose/real.h"
#include "proto/base/compiler.h"

#define SLOTS          128
#define RELEASE_ROUNDS 3 /* of PTHREAD_DESTRUCTOR_ITERATIONS (4) */

struct start {
    uint32_t taken;
    void *(*run)(void *);
    void *argument;
    uint64_t believed;
};

static struct start slots[SLOTS];
static pthread_key_t release_key;
static bool release_key_made;

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
    }
}

void interpose_thread_prepare(void)
{
    release_key_made = pthread_key_create(&release_key, release) == 0;
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
    host_mask_set_believed(start.believed);
    if (release_key_made && altstack_install())
        (void)pthread_setspecific(release_key, (void *)RELEASE_ROUNDS);
    return start.run(start.argument);
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,
 * bugprone-reserved-identifier): the names are the C library's. */
EXPORT int pthread_create(pthread_t *ret_thread,
                          const pthread_attr_t *attributes,
                          void *(*run)(void *), void *argument)
{
    if (!guest.armed || !(guest.config.interpose & INTERPOSE_THREAD))
        return real()->pthread_create(ret_thread, attributes, run, argument);
    struct start *slot = take_slot();
    if (!slot) /* a burst of creations: this one goes without */
        return real()->pthread_create(ret_thread, attributes, run, argument);
    slot->run = run;
    slot->argument = argument;
    slot->believed = host_mask_believed();
    int r = real()->pthread_create(ret_thread, attributes, run_thread, slot);
    if (r != 0)
        __atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
    return r;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name,
 * bugprone-reserved-identifier) */
