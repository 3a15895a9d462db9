/*
 * Which system call of a process tree fails. The tree runs under a seccomp
 * filter that hands the chosen calls to us (seccomp_unotify(2)), so it works
 * on static programs and raw calls, and needs no ptrace: our dumper does that.
 *
 *     tree --chosen call--> kernel --notification--> injector: let it be,
 *                                     fail it, do one byte of it, or kill
 *
 * Context: tool.
 */
#ifndef INQUEST_TESTS_FAULT_INJECTOR_H
#define INQUEST_TESTS_FAULT_INJECTOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "proto/base/compiler.h"

#define INJECTOR_CALLS_MAX  32
#define INJECTOR_NUMBER_MAX 512 /* above every system call of x86-64 */

enum injector_action {
    INJECTOR_FAIL,  /* the call returns error */
    INJECTOR_SHORT, /* write and its kin do one byte */
    INJECTOR_KILL,  /* SIGKILL to the process, the call is not made */
    INJECTOR_RUN,   /* command is run, then the call is made */
};

/* What to do; strings are borrowed. */
struct injection {
    int calls[INJECTOR_CALLS_MAX]; /* numbers; count 0: every call */
    int call_count;
    const char *program; /* counts only where this is the executable's name */
    const char *module;  /* and, not NULL, the call comes from this mapping */
    const char *except;  /* and, not NULL, not from this one */
    long nth;            /* from 1; 0: only count */
    bool on;             /* that call and all later ones */
    enum injector_action action;
    int error;           /* a positive errno */
    const char *command; /* for sh(1), of INJECTOR_RUN */
};

/* What came of it. */
struct injector_result {
    long hits;  /* calls that counted */
    long fired; /* how many of them were not let be */
    long by_number[INJECTOR_NUMBER_MAX];
};

/*
 * Starts argv under the filter; *ret_listener becomes readable with each
 * notification and hangs up when no process of the tree is left. Fails with
 * -errno; -EINVAL: a kernel without SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
 * (5.19); -EBUSY: we are under another's listener.
 */
MUST_CHECK int injector_start(const struct injection *injection, char **argv,
                              pid_t *ret_pid, int *ret_listener);

/* Answers one notification. */
void injector_answer(const struct injection *injection, int listener,
                     struct injector_result *result);

/* The number of a system call, or -1; the name of a number, or NULL. */
int injector_call_number(const char *name);
const char *injector_call_name(int number);

#endif
