/* Small durable files, and the clock they are stamped with. Context: tool. */
#include "reporter/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/state_dir.h"
#include "proto/state_open.h"

#define NAME_BYTES      280
#define ERASE_BYTES     4096
#define ERASE_BYTES_MAX (64 << 20) /* four times the largest report */

int state_file_list(int dir_fd, DIR **ret_list)
{
    OWNED_FD fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);

    if (!list)
        return -errno;
    (void)fd_take(&fd); /* the list's now */
    *ret_list = list;
    return 0;
}

int state_file_dir(int dir_fd, const char *name, int *ret_fd)
{
    bool made = mkdirat(dir_fd, name, 0700) == 0;

    if (!made && errno != EEXIST)
        return -errno;
    OWNED_FD fd =
        openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (made) {
        state_give(dir_fd, fd);
        /* What is written into it is no safer than its own name. */
        if (fsync(dir_fd) < 0)
            return -errno;
    }
    *ret_fd = fd_take(&fd);
    return 0;
}

/* Who wants ret_fd gets the file locked. */
static int write_new(int dir_fd, const char *name, struct span data, bool sync,
                     int *ret_fd)
{
    (void)unlinkat(dir_fd, name, 0); /* a dead writer's, or planted */
    OWNED_FD fd = openat(
        dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    if (ret_fd && flock(fd, LOCK_EX | LOCK_NB) < 0)
        return -errno;
    state_give(dir_fd, fd);
    int r = io_write_all(fd, data.data, data.size_bytes);
    if (r == 0 && sync && fsync(fd) < 0)
        r = -errno;
    if (r == 0 && ret_fd)
        *ret_fd = fd_take(&fd);
    return r;
}

static int write_file(int dir_fd, const char *name, struct span data, bool sync,
                      int *ret_fd)
{
    char temporary[NAME_BYTES];

    int size = snprintf(temporary, sizeof temporary, ".%s.%d", name, getpid());
    if (size < 0 || size >= (int)sizeof temporary)
        return -ENAMETOOLONG;
    int r = write_new(dir_fd, temporary, data, sync, ret_fd);
    if (r == 0 && renameat(dir_fd, temporary, dir_fd, name) < 0)
        r = -errno;
    if (r < 0) {
        (void)unlinkat(dir_fd, temporary, 0); /* ours; perhaps not there */
        return r;
    }
    return sync && fsync(dir_fd) < 0 ? -errno : 0;
}

int state_file_write(int dir_fd, const char *name, struct span data)
{
    return write_file(dir_fd, name, data, true, NULL);
}

int state_file_note(int dir_fd, const char *name, struct span data)
{
    return write_file(dir_fd, name, data, false, NULL);
}

static int overwrite(int fd, off_t size_bytes)
{
    static const uint8_t zeros[ERASE_BYTES];

    while (size_bytes > 0) {
        size_t part =
            size_bytes < ERASE_BYTES ? (size_t)size_bytes : sizeof zeros;
        int r = io_write_all(fd, zeros, part);
        if (r < 0)
            return r;
        size_bytes -= (off_t)part;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/*
 * The file has no name any more, or none soon. What is larger was never ours,
 * and overwriting a terabyte takes for ever.
 */
static int wipe(int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    return status.st_size > ERASE_BYTES_MAX ? 0 : overwrite(fd, status.st_size);
}

int state_file_replace(int dir_fd, const char *name, struct span data, int *fd)
{
    OWNED_FD other = -1;

    int r = write_file(dir_fd, name, data, true, &other);
    if (r < 0)
        return r;
    int old = *fd;
    *fd = other;
    other = old;
    return wipe(other);
}

int state_file_erase(int dir_fd, const char *name)
{
    OWNED_FD fd = state_open(dir_fd, name, O_WRONLY);

    /* What is no file of the directory's owner alone goes as it is. */
    if (fd < 0 && fd != -ELOOP && fd != -ENXIO && fd != -EPERM && fd != -EACCES)
        return fd;
    int r = fd >= 0 ? wipe(fd) : 0;
    if (unlinkat(dir_fd, name, 0) < 0)
        return -errno;
    return r;
}

int64_t clock_unix_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_text(int64_t unix_ms, char ret_text[CLOCK_TEXT_BYTES])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts = {0};

    gmtime_r(&seconds, &parts);
    size_t size =
        strftime(ret_text, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(ret_text + size, CLOCK_TEXT_BYTES - size, ".%03uZ",
             (unsigned)(unix_ms % 1000) % 1000u);
}

int clock_parse(const char *text, int64_t *ret_unix_ms)
{
    struct tm parts = {0};
    int64_t ms = 0;

    const char *rest = strptime(text, "%Y-%m-%d", &parts);
    if (rest && *rest == 'T')
        rest = strptime(rest, "T%H:%M:%S", &parts);
    if (!rest)
        return -ERR_FORMAT;
    if (*rest == '.') {
        int64_t scale = 100;
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
            ms += scale * (*rest - '0');
    }
    if (*rest != '\0' && strcmp(rest, "Z") != 0)
        return -ERR_FORMAT;
    *ret_unix_ms = (int64_t)timegm(&parts) * 1000 + ms;
    return 0;
}
