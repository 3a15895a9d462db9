/* Owned descriptors. Context: any. */
#include "proto/base/fd.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "proto/base/sys.h"

void fd_close(int *fd)
{
    if (*fd >= 0)
        (void)sys_close(*fd); /* nothing can be done about a failed close */
    *fd = -1;
}

int fd_move_above(int *fd, int minimum)
{
    long moved = sys_call3(SYS_fcntl, *fd, F_DUPFD_CLOEXEC, minimum);
    if (moved < 0)
        return (int)moved;
    fd_close(fd);
    *fd = (int)moved;
    return 0;
}

void fd_put_away(int *fd)
{
    struct rlimit limit = {0};

    /* Who is there stays: another thread may be about to use the number, and
     * each close ends the locks of the file (fcntl(2)). */
    if (*fd < 0 || *fd >= FD_ABOVE || fd_move_above(fd, FD_ABOVE) == 0)
        return;
    if (sys_call4(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit) == 0 &&
        limit.rlim_cur < FD_TIGHT)
        fd_close(fd);
}
