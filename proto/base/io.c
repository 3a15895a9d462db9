/* Whole reads and writes. Context: any. */
#include "proto/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/sys.h"

int io_write_all(int fd, const void *data, size_t size_bytes)
{
    const char *at = data;

    while (size_bytes > 0) {
        long n = sys_write(fd, at, size_bytes);
        if (n == -EINTR)
            continue;
        if (n < 0)
            return (int)n;
        at += n;
        size_bytes -= (size_t)n;
    }
    return 0;
}

/* Whether fd has a byte more: 1, 0, or -errno. */
static int has_more(int fd)
{
    char byte;

    for (;;) {
        long n = sys_read(fd, &byte, 1);
        if (n != -EINTR)
            return (int)n;
    }
}

int io_read_all(int fd, void *buffer, size_t capacity, size_t *ret_size)
{
    size_t used = 0;

    while (used < capacity) {
        long n = sys_read(fd, (char *)buffer + used, capacity - used);
        if (n == -EINTR)
            continue;
        if (n < 0)
            return (int)n;
        if (n == 0) {
            *ret_size = used;
            return 0;
        }
        used += (size_t)n;
    }
    int more = has_more(fd);
    if (more < 0)
        return more;
    *ret_size = used;
    return more ? -ERR_LIMIT : 0;
}

int io_read_text(int dir_fd, const char *path, char *buffer, size_t capacity,
                 size_t *ret_size)
{
    const int link = dir_fd == AT_FDCWD ? 0 : O_NOFOLLOW;
    OWNED_FD fd =
        sys_openat(dir_fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | link, 0);
    if (fd < 0)
        return fd;
    size_t size = 0;
    int r = io_read_all(fd, buffer, capacity - 1, &size);
    if (r < 0 && r != -ERR_LIMIT)
        return r;
    buffer[size] = '\0';
    *ret_size = size;
    return r;
}

int io_rename_new(int from_fd, const char *from, int to_fd, const char *to)
{
    struct stat there;

    long r = sys_call5(SYS_renameat2, from_fd, (long)from, to_fd, (long)to,
                       RENAME_NOREPLACE);
    if (r != -EINVAL && r != -ENOSYS)
        return (int)r;
    r = sys_call4(SYS_newfstatat, to_fd, (long)to, (long)&there,
                  AT_SYMLINK_NOFOLLOW);
    if (r != -ENOENT)
        return r < 0 ? (int)r : -EEXIST;
    return (int)sys_call4(SYS_renameat, from_fd, (long)from, to_fd, (long)to);
}
