/*
 * The watched program as a child: started as if we were not there, waited
 * for, and followed into its end. Context: tool.
 */
#ifndef INQUEST_REPORTER_CHILD_H
#define INQUEST_REPORTER_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/base/compiler.h"

#define CHILD_REAPED_MAX 4096 /* orphans reaped at the end */

struct child {
    pid_t pid;
    uint64_t start_ticks; /* field 22 of /proc/PID/stat */
    sigset_t mask;        /* as it was before us */
    struct sigaction sigchld;
    int signal_fd; /* what is blocked since then arrives here */
    int notify_fd; /* notify.h; -1: no service manager listens */
};

/* What is to be done again and again while a child is waited for. */
struct child_meanwhile {
    long every_ms;
    void (*call)(pid_t child, void *context);
    void *context;
};

/* How it ended. */
struct child_end {
    int signal;              /* 0: it exited */
    int status;              /* exit status, when it exited */
    uint64_t peak_rss_bytes; /* its own or of a child that it waited for */
};

/*
 * Starts argv[0] (found along PATH) with envp. Our signals are blocked from
 * here on: child_wait takes them. Fails where there is no process or descriptor
 * for it, and all is as before; when exec failed *ret_exec_errno is set and the
 * child is gone.
 */
MUST_CHECK int child_start(char *const argv[], char *const envp[],
                           struct child *ret_child, int *ret_exec_errno);

/*
 * Instead of child_start: this process becomes the program. Returns -errno of
 * exec, when it cannot.
 */
MUST_CHECK int child_become(char *const argv[], char *const envp[]);

/*
 * Waits for its end: forwards signals, stops and goes on with it, reaps what
 * is left to us. On return the child is still a zombie, so that its pid
 * belongs to nobody else: child_reap takes it away. meanwhile may be NULL.
 * Where the kernel denies that there is a child, that is said, and the end is a
 * status of EX_OSERR.
 */
void child_wait(struct child *child, const struct child_meanwhile *meanwhile,
                struct child_end *ret_end);
void child_reap(const struct child *child);

/* Ends this process as the child ended, without a core file of its own. */
_Noreturn void child_die_alike(const struct child_end *end);

/* Whether a process has this number now, also one that /proc hides. */
bool process_exists(pid_t pid);

/* Field 22 of /proc/PID/stat; 0 when there is none to be read. */
uint64_t process_start_ticks(pid_t pid);

/*
 * Whether the process that started then lives: a zombie counts as dead, and
 * one that cannot be looked at lives as long as its number does.
 */
bool process_lives(pid_t pid, uint64_t start_ticks);

#endif
