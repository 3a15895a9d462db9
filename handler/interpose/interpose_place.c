/*
 * Where the process is: namespaces, root directory, descriptors. With a second
 * thread the kernel refuses some of these calls, and with others that thread
 * keeps what the program gave up; so ours is gone meanwhile. Context: guest.
 */
#include <errno.h>
#include <linux/close_range.h>
#include <sched.h>
#include <stdbool.h>
#include <unistd.h>

#include "handler/box_descriptor.h"
#include "handler/crash/crash_record.h"
#include "handler/guest.h"
#include "handler/interpose/interpose.h"
#include "handler/interpose/preload_variable.h"
#include "handler/interpose/real.h"
#include "handler/sampler/sampler.h"
#include "proto/base/compiler.h"
#include "proto/base/sys.h"

long interpose_result(long r)
{
    if (r >= 0)
        return r;
    errno = (int)-r;
    return -1;
}

long interpose_alone(long number, long a, long b, long c)
{
    bool stopped = guest_interposes(INTERPOSE_PLACE) && sampler_stop();
    long r = sys_call3(number, a, b, c);

    sampler_resume(stopped);
    return interpose_result(r);
}

EXPORT int unshare(int flags)
{
    return (int)interpose_alone(SYS_unshare, flags, 0, 0);
}

EXPORT int setns(int fd, int type)
{
    int r = (int)interpose_alone(SYS_setns, fd, type, 0);

    if (r == 0 && guest_interposes(INTERPOSE_PLACE))
        preload_variable_check();
    return r;
}

/* A table of descriptors that is left to our thread alone would hold open what
 * is closed here: a pipe without an end. */
long interpose_close_range(long number, long first, long last, long flags)
{
    if ((unsigned)flags & CLOSE_RANGE_UNSHARE)
        return interpose_alone(number, first, last, flags);
    return interpose_result(sys_call3(number, first, last, flags));
}

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    return (int)interpose_close_range(SYS_close_range, first, last, flags);
}

/*
 * Inside, the dumper finds neither /proc nor the files: tier 2, which is
 * unwound outside later. A directory descriptor of ours would be a way out of
 * the jail, so that of the state directory goes, and those of the sampler,
 * which rests meanwhile and may not come back inside a sandbox.
 */
EXPORT int chroot(const char *path)
{
    bool interposed = guest_interposes(INTERPOSE_PLACE);
    struct box *box = interposed ? guest_box() : NULL;

    bool stopped = interposed && !guest.sandboxed && sampler_stop();
    if (box)
        crash_record_keep_maps(box);
    long r = sys_call1(SYS_chroot, (long)path);
    if (r == 0 && interposed && guest_owns_memory()) {
        guest.jailed = true;
        box_descriptor_close_state(&guest.file);
        sampler_close_directories();
        preload_variable_check();
    } else if (r == 0 && interposed) { /* the numbers stay with its parent */
        struct box_file copy = guest.file;
        box_descriptor_close_state(&copy);
    }
    sampler_resume(stopped);
    return (int)interpose_result(r);
}
