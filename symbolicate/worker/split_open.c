/* One function in place of libc's. Context: tool. */
#include "symbolicate/worker/split_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "symbolicate/worker/dwo_types.h"

static _Thread_local bool is_split; /* what is opened now */
static _Thread_local const struct dwp *package;
static _Thread_local uint64_t unit_id;

void split_open_from(const struct dwp *dwp, uint64_t id)
{
    is_split = true;
    package = dwp;
    unit_id = id;
}

void split_open_end(void)
{
    is_split = false;
}

/* Named otherwise here, for <fcntl.h> may have an open of its own. */
int split_open(const char *path, int flags, ...) __asm__("open");

int split_open(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    unsigned mode =
        flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, unsigned) : 0;
    va_end(arguments);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (!is_split)
        return fd;
    if (fd >= 0)
        return dwo_plain(fd);
    if (errno != ENOENT || !package)
        return fd;
    int found = dwp_unit(package, unit_id);
    errno = ENOENT;
    return found < 0 ? -1 : found;
}
