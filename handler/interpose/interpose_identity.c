/*
 * Changes of identity. glibc makes each thread change its own, and aborts when
 * one is refused what another was granted: after PR_SET_KEEPCAPS or capset,
 * which are a thread's alone, our thread has not what the program's has. So it
 * is gone for the call, and made again with what the program has then: the
 * same for capset itself, or a thread would keep what the program gave up.
 *
 * A process that has no box yet, a server's worker or a script's child, gets it
 * while it is root still: whom it becomes may not enter the state directory,
 * and a crash would be told nowhere. Context: guest.
 */
#include <grp.h>
#include <stdbool.h>
#include <unistd.h>

#include "handler/guest.h"
#include "handler/interpose/preload_variable.h"
#include "handler/interpose/real.h"
#include "handler/sampler/sampler.h"
#include "proto/base/compiler.h"
#include "proto/base/sys.h"

static void make_box_as_root(void)
{
    if (guest_interposes(INTERPOSE_IDENTITY) && sys_call0(SYS_geteuid) == 0)
        guest_begin_box();
}

static bool pause_sampler(void)
{
    return guest_interposes(INTERPOSE_IDENTITY) && !guest.sandboxed &&
           sampler_stop();
}

static int resume_sampler(bool stopped, int result)
{
    sampler_resume(stopped);
    if (result == 0 && guest_interposes(INTERPOSE_IDENTITY))
        preload_variable_check();
    return result;
}

#define WITHOUT_SAMPLER(name, ...)                                 \
    do {                                                           \
        bool stopped = pause_sampler();                            \
        return resume_sampler(stopped, real()->name(__VA_ARGS__)); \
    } while (0)

EXPORT int setuid(uid_t uid)
{
    make_box_as_root();
    WITHOUT_SAMPLER(setuid, uid);
}

EXPORT int setgid(gid_t gid)
{
    WITHOUT_SAMPLER(setgid, gid);
}

EXPORT int seteuid(uid_t uid)
{
    make_box_as_root();
    WITHOUT_SAMPLER(seteuid, uid);
}

EXPORT int setegid(gid_t gid)
{
    WITHOUT_SAMPLER(setegid, gid);
}

EXPORT int setreuid(uid_t real_uid, uid_t effective_uid)
{
    make_box_as_root();
    WITHOUT_SAMPLER(setreuid, real_uid, effective_uid);
}

EXPORT int setregid(gid_t real_gid, gid_t effective_gid)
{
    WITHOUT_SAMPLER(setregid, real_gid, effective_gid);
}

EXPORT int setresuid(uid_t real_uid, uid_t effective_uid, uid_t saved_uid)
{
    make_box_as_root();
    WITHOUT_SAMPLER(setresuid, real_uid, effective_uid, saved_uid);
}

EXPORT int setresgid(gid_t real_gid, gid_t effective_gid, gid_t saved_gid)
{
    WITHOUT_SAMPLER(setresgid, real_gid, effective_gid, saved_gid);
}

EXPORT int setgroups(size_t count, const gid_t *groups)
{
    WITHOUT_SAMPLER(setgroups, count, groups);
}

EXPORT int initgroups(const char *user, gid_t group)
{
    WITHOUT_SAMPLER(initgroups, user, group);
}

/* Without a declaration in libc, which has it for libcap. */
EXPORT int capset(void *header, const void *data);
EXPORT int capset(void *header, const void *data)
{
    WITHOUT_SAMPLER(capset, header, data);
}
