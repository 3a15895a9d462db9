/* State of the guest. Context: any. */
#include "handler/guest.h"

#include <linux/futex.h>
#include <time.h>

#include "handler/box_descriptor.h"
#include "proto/base/sys.h"

struct guest guest;

#define WAIT_NS 100000000 /* for another thread, whose disk may stand still */

/* This thread is inside fork. */
static _Thread_local bool forking;

/* The thread that makes the box, or room for it. 0: nobody. */
static uint32_t making;

bool guest_interposes(enum config_interpose which)
{
    return guest.armed && (guest.config.interpose & which);
}

bool guest_box_is_ours(void)
{
    return guest.file.box && !guest.mute && guest.file.pid == sys_getpid();
}

bool guest_owns_memory(void)
{
    return forking || guest.mute || guest.pid == sys_getpid();
}

void guest_forks(bool now)
{
    forking = now;
}

/* False: it took too long, or this very thread is at it, below a signal. */
static bool lock(void)
{
    uint32_t self = (uint32_t)sys_gettid();
    uint32_t current = 0;
    int64_t until = 0;

    while (!__atomic_compare_exchange_n(&making, &current, self, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        if (until == 0)
            until = sys_clock_ns(CLOCK_MONOTONIC) + WAIT_NS;
        if (current == self || sys_clock_ns(CLOCK_MONOTONIC) > until)
            return false;
        (void)sys_call0(SYS_sched_yield);
        current = 0;
    }
    return true;
}

static void unlock(void)
{
    __atomic_store_n(&making, 0, __ATOMIC_RELEASE);
}

static void make_box(bool sampled)
{
    struct box_file file;

    if (box_file_open(&guest.config, sampled, &guest.spare, &file) < 0)
        return;
    file.box->control.phase = guest.phase;
    if (guest.file.box)
        box_descriptors_close(&guest.file); /* a parent's, before our fork */
    guest.file = file;
    guest.forked = false;
}

static bool may_make_box(void)
{
    return !guest.config.disabled && !guest.sandboxed && guest_owns_memory();
}

void guest_begin_box(void)
{
    if (guest_box_is_ours() || !may_make_box() || !lock())
        return;
    if (!guest_box_is_ours()) {
        /* A supervisor looks at once. */
        make_box(guest.config.sampler && guest.config.supervisor_pid == 0);
    }
    unlock();
}

void guest_begin_spare(void)
{
    if (!guest_box_is_ours() || !may_make_box() || !lock())
        return;
    box_spare_make(&guest.config, &guest.file, &guest.spare);
    unlock();
}

bool guest_reserve_box(struct box_file *file)
{
    if (__atomic_load_n(&file->box->control.has_room, __ATOMIC_ACQUIRE))
        return true;
    if (guest.sandboxed || !lock())
        return false;
    bool reserved = file->box->control.has_room ||
                    box_file_reserve(&guest.config, file) == 0;
    unlock();
    return reserved;
}

struct box *guest_box(void)
{
    if (!guest_box_is_ours()) {
        if (!may_make_box() || !lock())
            return NULL;
        if (!guest_box_is_ours())
            make_box(false);
        unlock();
    }
    return guest_box_is_ours() && guest_reserve_box(&guest.file)
               ? guest.file.box
               : NULL;
}

void guest_forked(void)
{
    if (!guest.mute)
        guest.pid = sys_getpid();
    guest.forked = true;
    making = 0; /* by a thread that is not here */
}

void guest_clean_exit(void)
{
    if (guest.mute && guest.file.box && !guest.forked)
        guest.file.box->control.clean_exit = 1;
    /* A crash that the program's handler ended: the dumper's to remove. */
    if (!guest_box_is_ours() || guest.file.box->control.crashed)
        return;
    __atomic_store_n(&guest.file.box->control.clean_exit, 1, __ATOMIC_RELEASE);
    if (!guest.keeps_box)
        box_file_remove(&guest.config, &guest.file);
    if (!guest.sandboxed)
        box_spare_remove(&guest.config, &guest.spare);
}

void guest_dismiss_sampler(void)
{
    if (guest.sampler_tid == 0 || guest.sampler_pid != sys_getpid())
        return;
    __atomic_store_n(&guest.sampler_ends, GUEST_SAMPLER_LEAVES,
                     __ATOMIC_RELEASE);
    (void)sys_call3(SYS_futex, (long)&guest.sampler_ends,
                    FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

void guest_phase(enum box_phase phase)
{
    guest.phase = phase;
    if (guest_box_is_ours())
        guest.file.box->control.phase = phase;
}
