/*
 * Changes of identity. glibc makes each thread change its own, and aborts when
 * one is refused what another was granted: after PR_SET_KEEPCAPS or capset,
 * which are a thread's alone, our thread has not what the program's has. So it
 * is gone for the call, and made again with what the program has then: the
 * same for capset itself, or a thread would keep what the program gave up.
 *
 * A process that has no box yet, a server's worker or a script's child, gets it
 * while it is root still: whom it becomes may not enter the state directory,
 * and a crash would be told nowhere.
 *
 * In a child that libc's fork did not make, libc still knows our thread, which
 * is not there. It passes over those that are gone, but one that had not run
 * yet it would await for ever: the kernel is asked without libc then. Such a
 * child has one thread. Context: guest.
 */
#include <grp.h>
#include <stdbool.h>
#include <unistd.h>

#include "handler/guest.h"
#include "handler/interpose/interpose.h"
#include "handler/interpose/preload_variable.h"
#include "handler/interpose/real.h"
#include "handler/sampler/sampler.h"
#include "proto/base/compiler.h"
#include "proto/base/sys.h"

#define GROUPS_MAX 1024

static void make_box_as_root(void)
{
    if (guest_interposes(INTERPOSE_IDENTITY) && sys_call0(SYS_geteuid) == 0) {
        guest_begin_box();
        guest_begin_spare();
    }
}

static bool pause_sampler(void)
{
    if (!guest_interposes(INTERPOSE_IDENTITY))
        return false;
    if (guest.sandboxed) { /* it could not be made again */
        sampler_is_known();
        return false;
    }
    return sampler_stop();
}

/* Nothing is left to come back to. */
static bool is_settled(void)
{
    uid_t real_uid = 0;
    uid_t effective_uid = 0;
    uid_t saved_uid = 0;

    return sys_call3(SYS_getresuid, (long)&real_uid, (long)&effective_uid,
                     (long)&saved_uid) == 0 &&
           real_uid == effective_uid && effective_uid == saved_uid;
}

static int after_change(bool stopped, int result)
{
    sampler_resume(stopped);
    if (result == 0 && guest_interposes(INTERPOSE_IDENTITY) &&
        !guest.sandboxed && is_settled())
        preload_variable_check();
    return result;
}

#define WITHOUT_SAMPLER(name, ...)                               \
    do {                                                         \
        bool stopped = pause_sampler();                          \
        return after_change(stopped, real()->name(__VA_ARGS__)); \
    } while (0)

static bool libc_would_wait(void)
{
    return !guest_owns_memory() && sampler_has_not_run();
}

/* By the kernel alone, or as WITHOUT_SAMPLER. */
#define CHANGE(kernels, name, ...)                 \
    do {                                           \
        if (libc_would_wait())                     \
            return (int)interpose_result(kernels); \
        WITHOUT_SAMPLER(name, __VA_ARGS__);        \
    } while (0)

EXPORT int setuid(uid_t uid)
{
    make_box_as_root();
    CHANGE(sys_call1(SYS_setuid, (long)uid), setuid, uid);
}

EXPORT int setgid(gid_t gid)
{
    CHANGE(sys_call1(SYS_setgid, (long)gid), setgid, gid);
}

EXPORT int seteuid(uid_t uid)
{
    make_box_as_root();
    CHANGE(sys_call3(SYS_setresuid, -1, (long)uid, -1), seteuid, uid);
}

EXPORT int setegid(gid_t gid)
{
    CHANGE(sys_call3(SYS_setresgid, -1, (long)gid, -1), setegid, gid);
}

EXPORT int setreuid(uid_t real_uid, uid_t effective_uid)
{
    make_box_as_root();
    CHANGE(sys_call2(SYS_setreuid, (long)real_uid, (long)effective_uid),
           setreuid, real_uid, effective_uid);
}

EXPORT int setregid(gid_t real_gid, gid_t effective_gid)
{
    CHANGE(sys_call2(SYS_setregid, (long)real_gid, (long)effective_gid),
           setregid, real_gid, effective_gid);
}

EXPORT int setresuid(uid_t real_uid, uid_t effective_uid, uid_t saved_uid)
{
    make_box_as_root();
    CHANGE(sys_call3(SYS_setresuid, (long)real_uid, (long)effective_uid,
                     (long)saved_uid),
           setresuid, real_uid, effective_uid, saved_uid);
}

EXPORT int setresgid(gid_t real_gid, gid_t effective_gid, gid_t saved_gid)
{
    CHANGE(sys_call3(SYS_setresgid, (long)real_gid, (long)effective_gid,
                     (long)saved_gid),
           setresgid, real_gid, effective_gid, saved_gid);
}

EXPORT int setgroups(size_t count, const gid_t *groups)
{
    CHANGE(sys_call2(SYS_setgroups, (long)count, (long)groups), setgroups,
           count, groups);
}

/* libc's would call its own setgroups. */
static int initgroups_alone(const char *user, gid_t group)
{
    gid_t groups[GROUPS_MAX];
    int count = GROUPS_MAX;

    if (getgrouplist(user, group, groups, &count) < 0)
        count = GROUPS_MAX; /* the first of them */
    return (int)interpose_result(sys_call2(SYS_setgroups, count, (long)groups));
}

EXPORT int initgroups(const char *user, gid_t group)
{
    if (libc_would_wait())
        return initgroups_alone(user, group);
    WITHOUT_SAMPLER(initgroups, user, group);
}

/* Without a declaration in libc, which has it for libcap. */
EXPORT int capset(void *header, const void *data);
EXPORT int capset(void *header, const void *data)
{
    WITHOUT_SAMPLER(capset, header, data);
}
