/*
 * pthread_sigmask and its family: the faults stay unblocked in the kernel, and
 * the program is told what it believes. Context: guest.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "handler/crash/crash_handling.h"
#include "handler/crash/held_back.h"
#include "handler/crash/host_mask.h"
#include "handler/guest.h"
#include "handler/interpose/real.h"
#include "proto/base/compiler.h"

#define BSD_MASK 0xffffffffu /* of the first 32 signals, in an int */

/* believed: the faults so far; bits: of the whole set. */
static struct host_belief new_belief(int how, uint64_t believed, uint64_t bits)
{
    uint64_t beside = believed ? host_mask_belief().beside : 0;
    uint64_t faults = bits & host_mask_open();

    switch (how) {
    case SIG_BLOCK:
        return (struct host_belief){believed | faults,
                                    faults ? beside | bits : beside};
    case SIG_UNBLOCK:
        return (struct host_belief){believed & ~faults, beside & ~bits};
    default:
        return (struct host_belief){faults, bits};
    }
}

/* The faults that such a call lets through; faults: those in its set. */
static uint64_t unblocked(int how, uint64_t faults)
{
    switch (how) {
    case SIG_BLOCK:
        return 0;
    case SIG_UNBLOCK:
        return faults;
    default:
        return host_mask_open() & ~faults;
    }
}

typedef int (*mask_function)(int, const sigset_t *, sigset_t *);

/* The set that reaches the kernel lacks the faults; the answer has them. */
static int set_mask(mask_function function, int how, const sigset_t *set,
                    sigset_t *ret_before)
{
    sigset_t changed; /* the kernel's part of it */

    if (!guest_interposes(INTERPOSE_MASK))
        return function(how, set, ret_before);
    uint64_t believed = host_mask_believed();
    const struct host_belief belief = host_mask_belief();
    if (set) {
        uint64_t bits = host_mask_bits(set);
        uint64_t faults = bits & host_mask_open();
        host_mask_from_bits(&changed,
                            how == SIG_UNBLOCK ? bits : bits & ~faults);
        /* Before the call: what it lets through strikes on the way back. */
        host_mask_set_belief(new_belief(how, believed, bits));
        crash_handling_unblocked(unblocked(how, faults));
        if (how == SIG_UNBLOCK)
            held_back_unblocked(faults);
    }
    int r = function(how, set ? &changed : NULL, ret_before);
    if (r != 0) {
        host_mask_set_belief(belief);
        return r;
    }
    if (ret_before)
        host_mask_from_bits(ret_before, host_mask_bits(ret_before) | believed);
    return 0;
}

EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *ret_before)
{
    return set_mask(real()->pthread_sigmask, how, set, ret_before);
}

EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *ret_before)
{
    return set_mask(real()->sigprocmask, how, set, ret_before);
}

static int change_one(int how, int signal_number)
{
    sigset_t one;

    (void)sigemptyset(&one);
    if (sigaddset(&one, signal_number) < 0)
        return -1;
    return sigprocmask(how, &one, NULL);
}

EXPORT int sighold(int signal_number)
{
    return change_one(SIG_BLOCK, signal_number);
}

EXPORT int sigrelse(int signal_number)
{
    return change_one(SIG_UNBLOCK, signal_number);
}

/* 4.2BSD's masks, of the first 32 signals. */
static int change_bits(int how, uint32_t bits)
{
    sigset_t set;
    sigset_t before;

    (void)sigemptyset(&set);
    host_mask_from_bits(&set, bits);
    if (sigprocmask(how, &set, &before) < 0)
        return -1;
    return (int)(host_mask_bits(&before) & BSD_MASK);
}

EXPORT int sigblock(int mask)
{
    return change_bits(SIG_BLOCK, (uint32_t)mask);
}

EXPORT int sigsetmask(int mask)
{
    return change_bits(SIG_SETMASK, (uint32_t)mask);
}

EXPORT int siggetmask(void)
{
    return change_bits(SIG_BLOCK, 0);
}
