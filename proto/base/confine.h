/*
 * A process that reads hostile bytes gives up what it does not need before it
 * reads the first: a parser that is led astray then opens no connection,
 * starts no program, touches no other process and gains no right. A seccomp(2)
 * filter lets through what confine.c lists, and answers EPERM to all else, so
 * that a library which tries goes on without. Context: any.
 */
#ifndef INQUEST_PROTO_BASE_CONFINE_H
#define INQUEST_PROTO_BASE_CONFINE_H

#include "proto/base/compiler.h"

/*
 * What may be kept besides reading files, writing to what is open, memory that
 * is not executable, threads, clocks and ending.
 */
enum confine_right {
    CONFINE_FILES = 1,      /* makes, renames and removes files */
    CONFINE_TRACE = 2,      /* stops other processes, reads their memory */
    CONFINE_PROGRAMS = 4,   /* starts programs, waits for them, ends them */
    CONFINE_NETWORK = 8,    /* sockets */
    CONFINE_SANITIZER = 16, /* what ASan's search for leaks does at the end */
};

/* A sanitizer's build needs its own calls, in whatever it confines. */
#ifdef SANITIZED
#define CONFINE_BUILD CONFINE_SANITIZER
#else
#define CONFINE_BUILD 0
#endif

/*
 * Keeps rights (enum confine_right, or-ed) and no others, for good, for this
 * process and what it starts; to be called while there is one thread. Fails
 * with -errno where the kernel has no filters; the process is then as before
 * and may go on.
 */
MUST_CHECK int confine_self(unsigned rights);

#endif
