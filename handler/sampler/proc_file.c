/* Files of proc(5) and cgroups(7), kept open. Context: guest. */
#include "handler/sampler/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/sys.h"

#define PATH_BYTES 1024

void proc_file_open(struct proc_file *file, const char *root, const char *path)
{
    char whole_bytes[PATH_BYTES];
    struct text whole = text_init(whole_bytes, sizeof whole_bytes);
    struct stat status = {0};

    text_append(&whole, root);
    text_append(&whole, path);
    *file = (struct proc_file){.error = ENAMETOOLONG};
    if (whole.cut)
        return;
    OWNED_FD fd = sys_openat(AT_FDCWD, whole_bytes, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        file->error = -fd;
        return;
    }
    fd_put_away(&fd);
    if (fd < 0) { /* the program needs it more */
        file->error = EMFILE;
        return;
    }
    long r = sys_call2(SYS_fstat, fd, (long)&status);
    if (r < 0) {
        file->error = (int)-r;
        return;
    }
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->error = 0;
    file->fd = fd_take(&fd);
}

static bool is_ours(const struct proc_file *file)
{
    struct stat status = {0};

    return sys_call2(SYS_fstat, file->fd, (long)&status) == 0 &&
           status.st_dev == file->device && status.st_ino == file->inode;
}

void proc_file_close(struct proc_file *file)
{
    if (file->fd > 0 && is_ours(file))
        (void)sys_close(file->fd); /* read only */
    file->fd = 0;
}

void proc_file_check(struct proc_file *file)
{
    if (file->fd > 0 && !is_ours(file))
        file->fd = 0;
}

void proc_file_keep(struct proc_file *file, const char *root, const char *path)
{
    proc_file_check(file);
    if (file->fd <= 0)
        proc_file_open(file, root, path);
}

uint16_t proc_file_error(const struct proc_file *file)
{
    if (file->error)
        return (uint16_t)file->error;
    return file->fd > 0 ? 0 : ENOENT;
}

size_t proc_file_read(const struct proc_file *file, char *text, size_t capacity)
{
    long n = file->fd > 0 ? sys_pread(file->fd, text, capacity - 1, 0) : 0;

    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}
