/*
 * What libc knows of our thread. Once a second thread was made, glibc locks in
 * malloc and in fork, and libstdc++ counts by atomic operations, for ever. For
 * a program with one thread that is slower, and more: its handler of a crash in
 * malloc waits for the lock of malloc where it would have got memory. Our
 * thread never allocates and takes no lock of libc's, so libc is told what
 * holds without it. The program's first thread tells it otherwise, by itself.
 *
 * Then glibc does not change the identity of our thread with the program's:
 * whoever changes it ends our thread before (interpose_identity.c), or says
 * single_threaded_end. Context: guest.
 */
#ifndef INQUEST_HANDLER_SINGLE_THREADED_H
#define INQUEST_HANDLER_SINGLE_THREADED_H

#include <stdbool.h>

/* Whether libc can be told at all. */
bool single_threaded_can_be_told(void);

/* Whether libc takes the process for one with a single thread; false where it
 * goes by what it does not show (glibc before 2.36). */
bool single_threaded(void);

/* The program makes a thread; true: its first. */
bool single_threaded_over(void);

/* After our thread was made, where single_threaded was true before. Not when it
 * is over: libc takes memory for a thread from the program's malloc, which may
 * have made one of its own meanwhile. */
void single_threaded_again(void);

/* Our thread counts from here on. */
void single_threaded_end(void);

#endif
