/*
 * The guest: everything the library keeps about the process it lives in. One
 * static struct, made by the constructor, re-armed after fork. Context: any.
 */
#ifndef INQUEST_HANDLER_GUEST_H
#define INQUEST_HANDLER_GUEST_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "handler/box_file.h"
#include "handler/box_spare.h"
#include "handler/config.h"

enum guest_sampler_end {
    GUEST_SAMPLER_STAYS,
    GUEST_SAMPLER_STOPS,  /* in good order: it is joined */
    GUEST_SAMPLER_LEAVES, /* a crash: at once, by the kernel alone */
};

struct guest {
    struct config config;
    int pid;                /* whose this memory is: see guest_owns_memory */
    struct box_file file;   /* file.box NULL: no box yet */
    struct box_spare spare; /* for a child that is not root any more */
    bool armed;             /* handlers are installed */
    bool prctl_undumpable;  /* the program itself cleared PR_SET_DUMPABLE */
    uint64_t ptracer;       /* whom it lets trace it (PR_SET_PTRACER, Yama) */
    bool sandboxed;         /* the program installed a seccomp filter */
    bool keeps_box;         /* which kills at unlink: a clean end leaves it */
    bool mute;             /* which kills at getpid: no call of ours any more */
    bool sigsys_left;      /* to the program: it dispatches system calls */
    bool forked;           /* a fork child that has no box of its own */
    bool jailed;           /* it called chroot */
    uint32_t phase;        /* enum box_phase, before there is a box */
    int sampler_tid;       /* 0: it does not run (yet) */
    int sampler_pid;       /* whose: a vfork child shares the rest with it */
    uint32_t sampler_ends; /* enum guest_sampler_end; a futex */
    uint64_t abort_message_address; /* of glibc's __abort_msg, 0: unknown */
    uintptr_t raise_address;        /* of libc's raise() */
};

extern struct guest guest;

/*
 * The box of this process, made on first need; NULL when none can be had, and
 * where this memory is not its own: a crash has one on the stack then.
 */
struct box *guest_box(void);

/*
 * The box at the start of the program, or before it gives up root, of which the
 * head alone may be written (box_space.h): most programs need no more.
 */
void guest_begin_box(void);

/* Before it gives up root: see box_spare.h. */
void guest_begin_spare(void);

/* Whether all of the box may be written, now: guest_box sees to that, a crash
 * does so before it copies anything. */
bool guest_reserve_box(struct box_file *file);

/* Whether an interposition is there to do anything: armed, not switched off. */
bool guest_interposes(enum config_interpose which);

/* Whether the box in guest.file belongs to the calling process. */
bool guest_box_is_ours(void);

/*
 * Whether what is stored here is of the calling process alone. Not so in a
 * vfork child, whose stores are its parent's; nor, as it cannot be told from
 * that, in a child that libc's fork did not make.
 */
bool guest_owns_memory(void);

/* Around libc's fork, in both processes: handlers of pthread_atfork run before
 * the child has called guest_forked. */
void guest_forks(bool now);

/* Removes box and mark of a clean end. Idempotent; a vfork child: nothing. */
void guest_clean_exit(void);

/* In the child of a fork: it has no box yet. */
void guest_forked(void);

/*
 * Tells the sampler of a process that crashes to leave, and does not wait: it
 * goes while the dump runs, for the kernel lets a process die only when each
 * of its threads has been woken (100 us in a virtual machine). Crash context.
 */
void guest_dismiss_sampler(void);

/* Notes a phase where it can be seen later. */
void guest_phase(enum box_phase phase);

#endif
