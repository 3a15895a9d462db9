/* Step by step. Context: any. */
#include "proto/state_way.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/sys.h"
#include "proto/state_dir.h"

#define LINKS_MAX  8 /* links in links */
#define OWNERS     0700
#define OTHERS     022
#define PASSING    (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define ARRIVING   (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define NAME_BYTES 256 /* NAME_MAX and the NUL */

struct way {
    bool make;
    bool arrives; /* its end is wanted, not one further on */
    unsigned links_left;
};

bool state_way_is_roots(uint32_t uid)
{
    struct stat top = {0};

    return uid == 0 || (sys_call4(SYS_newfstatat, AT_FDCWD, (long)"/",
                                  (long)&top, 0) == 0 &&
                        uid == top.st_uid);
}

/* Whether root may be sent elsewhere by a name in this directory. */
static bool leads_root(int dir_fd, const char *name)
{
    struct stat directory = {0};
    struct stat entry = {0};

    return sys_call2(SYS_fstat, dir_fd, (long)&directory) == 0 &&
           sys_call4(SYS_newfstatat, dir_fd, (long)name, (long)&entry,
                     AT_SYMLINK_NOFOLLOW) == 0 &&
           state_way_is_roots(directory.st_uid) &&
           (directory.st_mode & OTHERS) == 0 &&
           (state_way_is_roots(entry.st_uid) || !S_ISLNK(entry.st_mode));
}

static bool is_root(void)
{
    return sys_call0(SYS_geteuid) == 0;
}

static int walk(int *at, const char *path, struct way way);

static int follow(int dir_fd, const char *name, unsigned links_left)
{
    char target[STATE_PATH_BYTES];

    if (!is_root())
        return sys_openat(dir_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    long size = sys_call4(SYS_readlinkat, dir_fd, (long)name, (long)target,
                          sizeof target);
    if (size == -EINVAL)
        return -ENOTDIR;
    if (size < 0 || size == (long)sizeof target)
        return size < 0 ? (int)size : -ERR_LIMIT;
    if (links_left == 0)
        return -ELOOP;
    if (!leads_root(dir_fd, name))
        return -EPERM;
    target[size] = '\0';
    OWNED_FD at = sys_openat(dir_fd, target[0] == '/' ? "/" : ".", PASSING, 0);
    if (at < 0)
        return at;
    int r = walk(&at, target, (struct way){.links_left = links_left - 1});
    return r < 0 ? r : fd_take(&at);
}

/*
 * Whatever umask the program has, its directory is its owner's to use. By its
 * name only where it cannot even be opened, so never as root.
 */
static int lift_umask(int dir_fd, const char *name, int fd)
{
    struct stat status = {0};

    if (fd == -EACCES) {
        (void)sys_call3(SYS_fchmodat, dir_fd, (long)name, OWNERS);
        return sys_openat(dir_fd, name, ARRIVING, 0);
    }
    if (fd >= 0 && sys_call2(SYS_fstat, fd, (long)&status) == 0 &&
        (status.st_mode & OWNERS) != OWNERS)
        (void)sys_call2(SYS_fchmod, fd, OWNERS);
    return fd;
}

static int make(int dir_fd, const char *name)
{
    long r = sys_call3(SYS_mkdirat, dir_fd, (long)name, OWNERS);

    if (r < 0 && r != -EEXIST)
        return (int)r;
    int fd = sys_openat(dir_fd, name, ARRIVING, 0);
    if (r < 0)
        return fd; /* another's work */
    fd = lift_umask(dir_fd, name, fd);
    if (fd >= 0)
        state_give(dir_fd, fd);
    return fd;
}

static int step(int dir_fd, const char *name, bool arrives, struct way way)
{
    if (strcmp(name, "..") == 0 && is_root() && !leads_root(dir_fd, name))
        return -EPERM;
    int fd = sys_openat(dir_fd, name, arrives ? ARRIVING : PASSING, 0);
    if (fd == -ENOENT && way.make)
        return make(dir_fd, name);
    if ((fd == -ELOOP || fd == -ENOTDIR) && !arrives)
        return follow(dir_fd, name, way.links_left);
    return fd;
}

/* From *at, which becomes the end of the path. */
static int walk(int *at, const char *path, struct way way)
{
    char name[NAME_BYTES];

    for (;;) {
        while (*path == '/')
            path++;
        size_t size = strcspn(path, "/");
        if (size == 0)
            return 0;
        if (size >= sizeof name)
            return -ENAMETOOLONG;
        memcpy(name, path, size);
        name[size] = '\0';
        path += size;
        while (*path == '/')
            path++;
        int fd = step(*at, name, way.arrives && *path == '\0', way);
        if (fd < 0)
            return fd;
        fd_close(at);
        *at = fd;
    }
}

int state_way_open(const char *path, bool make)
{
    const struct way way = {make, true, LINKS_MAX};

    if (strlen(path) >= STATE_PATH_BYTES)
        return -ERR_LIMIT;
    if (!is_root()) {
        int fd = sys_openat(AT_FDCWD, path, ARRIVING, 0);
        if (fd != -ENOENT || !make)
            return fd;
    }
    bool onward = strcmp(path, "/") != 0; /* and "/" need not be listed */
    OWNED_FD at = sys_openat(AT_FDCWD, "/", onward ? PASSING : ARRIVING, 0);
    if (at < 0)
        return at;
    int r = walk(&at, path, way);
    return r < 0 ? r : fd_take(&at);
}
