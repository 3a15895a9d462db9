/*
 * Configuration of the guest: the environment, read once in the constructor
 * into a frozen struct, which may be looked at anywhere; config_read is for
 * the constructor. Context: any.
 */
#ifndef INQUEST_HANDLER_CONFIG_H
#define INQUEST_HANDLER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "handler/sampler/alarm.h"
#include "proto/state_dir.h"

/* Interpositions that can be switched off: INQUEST_INTERPOSE=-thread,-mask */
enum config_interpose {
    INTERPOSE_THREAD = 1 << 0,   /* pthread_create: alternate stacks */
    INTERPOSE_ACTION = 1 << 1,   /* sigaction, signal and family */
    INTERPOSE_MASK = 1 << 2,     /* pthread_sigmask, sigprocmask */
    INTERPOSE_ALTSTACK = 1 << 3, /* sigaltstack */
    INTERPOSE_EXIT = 1 << 4,     /* exit, _exit and family, abort */
    INTERPOSE_SANDBOX = 1 << 5,  /* prctl, syscall: seccomp filters */
    INTERPOSE_IDENTITY = 1 << 6, /* setuid and family: no sampler meanwhile */
    INTERPOSE_PLACE = 1 << 7,    /* unshare, setns, chroot; dup2 */
    INTERPOSE_FORK = 1 << 8,     /* fork: a sampler for the child */
    INTERPOSE_ALL = (1 << 9) - 1
};

struct config {
    bool disabled;      /* INQUEST_DISABLE=1, AT_SECURE, no state directory, a
                         * child that INQUEST_CHILDREN leaves out; valgrind,
                         * a sanitizer */
    bool eager_box;     /* the direct child of run, or plainly preloaded, but
                         * for one whose sampler waits */
    bool sampler;       /* INQUEST_SAMPLER=0 switches it off */
    bool sampler_waits; /* for the program's first thread: it has to be
                         * alone, without an open directory, until then */
    bool dumper;        /* INQUEST_TIER=2 switches tier 1 off */
    uint32_t interpose; /* enum config_interpose */
    int supervisor_pid; /* INQUEST_SUPERVISOR_PID, 0: none */
    uint64_t supervisor_namespace; /* what it is the pid in, 0: not known */
    bool rate_limit;               /* INQUEST_RATE_LIMIT=off switches it off */
    bool do_not_track;             /* DO_NOT_TRACK is set and not 0 */
    struct alarm_settings alarm;   /* INQUEST_ALARM_LIMIT and so on */
    char app[128];                 /* INQUEST_APP */
    char app_version[64];          /* INQUEST_APP_VERSION */
    char loaded[STATE_PATH_BYTES]; /* the program's file where the loader was
                                    * called to load it, else "" */
    char state_dir[STATE_PATH_BYTES];
    char box_dir[STATE_PATH_BYTES];
    char dumper_path[STATE_PATH_BYTES]; /* INQUEST_DUMPER, or beside us */
};

/*
 * Reads argv and envp (the kernel's vectors: environ is not set up yet when the
 * constructor runs). Never fails: what is amiss makes config->disabled.
 */
void config_read(struct config *config, char *const *argv, char *const *envp);

#endif
