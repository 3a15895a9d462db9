/* As the owner would. Context: tool. */
#include "proto/state_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/fd.h"

#define MODE 0600

/* Of this thread, for files alone; the capabilities for them follow it
 * (capabilities(7)). Where the owner has no number here nothing happens. */
static void become(uid_t uid, gid_t gid)
{
    (void)setfsgid(gid);
    (void)setfsuid(uid);
}

/*
 * Whether it may be used: a file, in another's directory his. One of ours with
 * one name is what was made there before it could be given to him.
 */
static bool is_usable(int fd, bool others, uid_t owner)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
           (!others || status.st_uid == owner || status.st_nlink <= 1);
}

int state_open(int dir_fd, const char *name, int flags)
{
    struct stat directory;

    if (fstat(dir_fd, &directory) < 0)
        return -errno;
    bool others = directory.st_uid != 0 && geteuid() == 0;
    if (others)
        become(directory.st_uid, directory.st_gid);
    OWNED_FD fd =
        openat(dir_fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, MODE);
    int r = fd < 0 ? -errno : 0;
    if (others)
        become(0, getegid());
    if (r < 0)
        return r;
    return is_usable(fd, others, directory.st_uid) ? fd_take(&fd) : -EPERM;
}
