/*
 * The libc functions behind the ones we interpose, found once with
 * RTLD_NEXT. A caller that comes before the constructor (another library's
 * constructor, an IFUNC resolver) resolves them itself; once the handlers are
 * installed real() only reads. Context: any.
 */
#ifndef INQUEST_HANDLER_REAL_H
#define INQUEST_HANDLER_REAL_H

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <threads.h>

typedef void (*real_handler)(int);

struct real {
    int (*sigaction)(int, const struct sigaction *, struct sigaction *);
    real_handler (*signal)(int, real_handler);
    int (*siginterrupt)(int, int);
    int (*pthread_sigmask)(int, const sigset_t *, sigset_t *);
    int (*sigprocmask)(int, const sigset_t *, sigset_t *);
    int (*sigsuspend)(const sigset_t *);
    int (*ppoll)(struct pollfd *, nfds_t, const struct timespec *,
                 const sigset_t *);
    int (*ppoll_chk)(struct pollfd *, nfds_t, const struct timespec *,
                     const sigset_t *, size_t);
    int (*pselect)(int, fd_set *, fd_set *, fd_set *, const struct timespec *,
                   const sigset_t *);
    int (*epoll_pwait)(int, struct epoll_event *, int, int, const sigset_t *);
    int (*epoll_pwait2)(int, struct epoll_event *, int, const struct timespec *,
                        const sigset_t *);
    int (*sigaltstack)(const stack_t *, stack_t *);
    int (*pthread_create)(pthread_t *, const pthread_attr_t *,
                          void *(*)(void *), void *);
    size_t (*pthread_get_minstack)(const pthread_attr_t *); /* or NULL */
    int (*thrd_create)(thrd_t *, thrd_start_t, void *);
    int (*fork)(void);
    int (*daemon)(int, int);
    void (*exit)(int);
    void (*_exit)(int);
    void (*quick_exit)(int);
    int (*prctl)(int, ...);
    void (*abort)(void);
    int (*setuid)(uid_t);
    int (*setgid)(gid_t);
    int (*seteuid)(uid_t);
    int (*setegid)(gid_t);
    int (*setreuid)(uid_t, uid_t);
    int (*setregid)(gid_t, gid_t);
    int (*setresuid)(uid_t, uid_t, uid_t);
    int (*setresgid)(gid_t, gid_t, gid_t);
    int (*setgroups)(size_t, const gid_t *);
    int (*initgroups)(const char *, gid_t);
    int (*capset)(void *, const void *);
    int (*dup2)(int, int);
    int (*dup3)(int, int, int);
    int (*libc_start_main)(int (*)(int, char **, char **), int, char **,
                           int (*)(int, char **, char **), void (*)(void),
                           void (*)(void), void *);
};

/* Resolves on first use; async-signal-safe once the constructor has run. */
const struct real *real(void);

#endif
