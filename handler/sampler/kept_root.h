/*
 * Whether our thread kept what the program gave up: its own libc makes each
 * thread change its identity with it, but not one that it does not know of
 * (single_threaded.h), and the bare system call changes one thread alone. A
 * program that may come back to root (a file server that serves a user) has
 * not given it up. Context: guest.
 */
#ifndef INQUEST_HANDLER_KEPT_ROOT_H
#define INQUEST_HANDLER_KEPT_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* status[size]: the kernel's text on the main thread (proc(5)); ours: the real,
 * effective and saved user of the calling thread. */
bool kept_root_is(const char *status, size_t size, const uid_t ours[3]);

/* Who a thread is: real, effective and saved. */
struct kept_identity {
    uid_t users[3];
    gid_t groups[3];
};

/* Of the calling thread. */
struct kept_identity kept_identity_now(void);
bool kept_identity_is_now(const struct kept_identity *before);

#endif
