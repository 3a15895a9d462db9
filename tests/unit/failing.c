/* Wrapped calls. Context: tool. */
#include "tests/unit/failing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include "proto/base/io.h"

static bool counting;
static unsigned wanted;
static unsigned wanted_count;
static unsigned seen;
static unsigned failed;
static const char *name;
static void (*at_it)(void *context);
static void *at_it_context;

void failing_meanwhile(unsigned nth, void (*meanwhile)(void *context),
                       void *context)
{
    failing_begin(nth, 1);
    at_it = meanwhile;
    at_it_context = context;
}

void failing_begin(unsigned nth, unsigned count)
{
    at_it = NULL;
    wanted = nth;
    wanted_count = count;
    seen = 0;
    failed = 0;
    name = "none";
    counting = true;
}

unsigned failing_end(void)
{
    counting = false;
    return failed;
}

const char *failing_name(void)
{
    return name;
}

static bool fails(const char *function, int error)
{
    if (!counting)
        return false;
    seen++;
    if (seen < wanted || seen - wanted >= wanted_count)
        return false;
    if (failed++ == 0)
        name = function;
    if (at_it) {
        int before = errno; /* it is another process's */
        counting = false;
        at_it(at_it_context);
        counting = true;
        errno = before;
        return false;
    }
    errno = error;
    return true;
}

/* A function of libc: its type, name, parameters, arguments, how it fails. */
#define WRAP(type, function, parameters, arguments, error, result) \
    type __real_##function parameters;                             \
    type __wrap_##function parameters;                             \
    type __wrap_##function parameters                              \
    {                                                              \
        if (fails(#function, error))                               \
            return result;                                         \
        return __real_##function arguments;                        \
    }

/* NOLINTBEGIN: the names are the linker's, the types libc's. */
WRAP(void *, malloc, (size_t size), (size), ENOMEM, NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), ENOMEM, NULL)
WRAP(void *, realloc, (void *memory, size_t size), (memory, size), ENOMEM, NULL)
WRAP(void *, reallocarray, (void *memory, size_t count, size_t size),
     (memory, count, size), ENOMEM, NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size),
     ENOMEM, NULL)
WRAP(char *, strdup, (const char *text), (text), ENOMEM, NULL)
WRAP(char *, strndup, (const char *text, size_t size), (text, size), ENOMEM,
     NULL)
WRAP(int, fstat, (int fd, struct stat *status), (fd, status), EIO, -1)
WRAP(int, fstatat, (int fd, const char *path, struct stat *status, int flags),
     (fd, path, status, flags), EIO, -1)
WRAP(int, fstatvfs, (int fd, struct statvfs *disk), (fd, disk), EIO, -1)
WRAP(int, faccessat, (int fd, const char *path, int mode, int flags),
     (fd, path, mode, flags), EIO, -1)
WRAP(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode),
     ENOSPC, -1)
WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
     (from_fd, from, to_fd, to), ENOSPC, -1)
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags),
     EIO, -1)
WRAP(int, fsync, (int fd), (fd), EIO, -1)
WRAP(int, flock, (int fd, int operation), (fd, operation), ENOLCK, -1)
WRAP(int, ftruncate, (int fd, off_t size), (fd, size), EIO, -1)
WRAP(off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence),
     EIO, -1)
WRAP(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), EIO,
     -1)
WRAP(ssize_t, pread, (int fd, void *data, size_t size, off_t offset),
     (fd, data, size, offset), EIO, -1)
WRAP(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t offset),
     (fd, data, size, offset), ENOSPC, -1)
WRAP(DIR *, fdopendir, (int fd), (fd), ENOMEM, NULL)
WRAP(struct dirent *, readdir, (DIR * list), (list), EIO, NULL)
WRAP(FILE *, fdopen, (int fd, const char *mode), (fd, mode), ENOMEM, NULL)
WRAP(ssize_t, getrandom, (void *data, size_t size, unsigned flags),
     (data, size, flags), EINTR, -1)
WRAP(int, gethostname, (char *text, size_t size), (text, size), EFAULT, -1)
WRAP(int, inotify_init1, (int flags), (flags), EMFILE, -1)
WRAP(int, inotify_add_watch, (int fd, const char *path, uint32_t mask),
     (fd, path, mask), ENOSPC, -1)
WRAP(int, io_write_all, (int fd, const void *data, size_t size),
     (fd, data, size), ENOSPC, -ENOSPC)
WRAP(int, io_read_all, (int fd, void *data, size_t capacity, size_t *ret_size),
     (fd, data, capacity, ret_size), EIO, -EIO)
WRAP(int, io_read_text,
     (int fd, const char *path, char *data, size_t capacity, size_t *ret_size),
     (fd, path, data, capacity, ret_size), EIO, -EIO)
WRAP(int, sodium_init, (void), (), ENOSYS, -1)

long long failing_clock_ms;

/* A person does not do two things in one millisecond; a sweep does. */
int64_t __real_clock_unix_ms(void);
int64_t __wrap_clock_unix_ms(void);
int64_t __wrap_clock_unix_ms(void)
{
    static int64_t last;
    int64_t now = __real_clock_unix_ms();

    last = now > last ? now : last + 1;
    return last + failing_clock_ms;
}

int __wrap_asprintf(char **ret_text, const char *format, ...);
int __wrap_asprintf(char **ret_text, const char *format, ...)
{
    va_list arguments;

    if (fails("asprintf", ENOMEM))
        return -1;
    va_start(arguments, format);
    int size = vasprintf(ret_text, format, arguments);
    va_end(arguments);
    return size;
}

/* What asprintf is called with _FORTIFY_SOURCE. */
int __wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...);
int __wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...)
{
    va_list arguments;

    (void)flag;
    if (fails("asprintf", ENOMEM))
        return -1;
    va_start(arguments, format);
    int size = vasprintf(ret_text, format, arguments);
    va_end(arguments);
    return size;
}

int __real_openat(int dir_fd, const char *path, int flags, ...);
int __wrap_openat(int dir_fd, const char *path, int flags, ...);
int __wrap_openat(int dir_fd, const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    if (fails("openat", EMFILE))
        return -1;
    return __real_openat(dir_fd, path, flags, mode);
}
/* NOLINTEND */
