/* The directory contract and the drop. Context: tool. */
#include "proto/queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/frame.h"
#include "proto/state_dir.h"

#define UUID_CHARACTERS 36
#define SHORT_BYTES     4096

static const char *const place_names[QUEUE_PLACES] = {"tmp", "new", "busy",
                                                      "sent", "bad"};

const char *queue_place_name(enum queue_place place)
{
    return place_names[place];
}

static int open_dir(int parent_fd, const char *name, int *ret_fd)
{
    struct stat status;

    bool made = mkdirat(parent_fd, name, 0700) == 0;
    if (!made && errno != EEXIST)
        return -errno;
    OWNED_FD fd = openat(parent_fd, name,
                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (status.st_mode & 022)
        return -EPERM;
    if (made)
        state_give(parent_fd, fd);
    *ret_fd = fd_take(&fd);
    return 0;
}

int queue_open(int state_fd, struct queue *ret_queue)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_FD root = -1;

    *ret_queue = (struct queue)QUEUE_CLOSED;
    int r = open_dir(state_fd, QUEUE_DIR, &root);
    for (int i = 0; r == 0 && i < QUEUE_PLACES; i++)
        r = open_dir(root, place_names[i], &queue.dir_fd[i]);
    if (r < 0)
        return r;
    for (int i = 0; i < QUEUE_PLACES; i++)
        ret_queue->dir_fd[i] = fd_take(&queue.dir_fd[i]);
    return 0;
}

void queue_close(struct queue *queue)
{
    for (int i = 0; i < QUEUE_PLACES; i++)
        fd_close(&queue->dir_fd[i]);
}

static bool is_uuid(const char *id)
{
    if (strlen(id) != UUID_CHARACTERS)
        return false;
    for (int i = 0; i < UUID_CHARACTERS; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? id[i] != '-' : !strchr("0123456789abcdef", id[i]))
            return false;
    }
    return true;
}

int queue_name(const char *report_id, char ret_name[QUEUE_NAME_BYTES])
{
    if (!is_uuid(report_id))
        return -EINVAL;
    (void)snprintf(ret_name, QUEUE_NAME_BYTES, "%s.inq", report_id);
    return 0;
}

static int write_tmp(int tmp_fd, const char *name, struct span header,
                     struct span payload)
{
    OWNED_FD fd =
        openat(tmp_fd, name,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    state_give(tmp_fd, fd);
    int r = io_write_all(fd, header.data, header.size_bytes);
    if (r == 0)
        r = io_write_all(fd, payload.data, payload.size_bytes);
    if (r < 0)
        (void)unlinkat(tmp_fd, name, 0); /* ours; swept later otherwise */
    return r;
}

int queue_drop(struct queue *queue, const char *report_id, struct span header,
               struct span payload)
{
    char name[QUEUE_NAME_BYTES];
    int tmp_fd = queue->dir_fd[QUEUE_TMP];

    if (payload.size_bytes > FRAME_PAYLOAD_BYTES_MAX)
        return -ERR_LIMIT;
    int r = queue_name(report_id, name);
    if (r == 0)
        r = write_tmp(tmp_fd, name, header, payload);
    if (r == -EEXIST) { /* a writer of this very report died half way */
        (void)unlinkat(tmp_fd, name, 0);
        r = write_tmp(tmp_fd, name, header, payload);
    }
    if (r < 0)
        return r;
    r = io_rename_new(tmp_fd, name, queue->dir_fd[QUEUE_NEW], name);
    if (r < 0) {
        (void)unlinkat(tmp_fd, name, 0); /* ours */
    }
    return r;
}

int queue_sync(struct queue *queue, const char *report_id)
{
    char name[QUEUE_NAME_BYTES];

    int r = queue_name(report_id, name);
    if (r < 0)
        return r;
    OWNED_FD fd = openat(queue->dir_fd[QUEUE_NEW], name,
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    /* ENOENT: an uploader has taken it already, which is as good */
    if (fd < 0 && errno != ENOENT)
        return -errno;
    if ((fd >= 0 && fsync(fd) < 0) || fsync(queue->dir_fd[QUEUE_NEW]) < 0)
        return -errno;
    return 0;
}

int queue_withdraw(struct queue *queue, enum queue_place place,
                   const char *name)
{
    if (renameat(queue->dir_fd[place], name, queue->dir_fd[QUEUE_TMP], name) <
        0)
        return -errno;
    return fsync(queue->dir_fd[place]) < 0 ? -errno : 0;
}

/* Adds the entries of one place to the totals. */
static int add_place(int dir_fd, size_t *count, size_t *size_bytes)
{
    struct stat status;
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        int r = -errno;
        fd_close(&fd);
        return r;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.' ||
            fstatat(dir_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        *count += 1;
        *size_bytes += (size_t)status.st_size;
    }
    (void)closedir(dir); /* read only */
    return 0;
}

/*
 * Whether the directory is one block or less. An entry takes at least 48 bytes
 * of it on ext4, xfs and btrfs, 20 on tmpfs: some two hundred reports at most.
 */
static bool is_short(int dir_fd)
{
    struct stat status;

    return fstat(dir_fd, &status) == 0 && status.st_size <= SHORT_BYTES;
}

static int count_waiting(struct queue *queue, size_t size_bytes)
{
    static const enum queue_place places[] = {QUEUE_NEW, QUEUE_BUSY};
    size_t count = 1;
    size_t total = size_bytes;
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(places); i++) {
        int dir_fd = queue->dir_fd[places[i]];
        if (!is_short(dir_fd))
            r = add_place(dir_fd, &count, &total);
    }
    if (r == 0 && (count > QUEUE_COUNT_MAX || total > QUEUE_BYTES_MAX))
        r = -ERR_QUEUE_FULL;
    return r;
}

int queue_room(struct queue *queue, size_t size_bytes)
{
    struct statvfs disk;

    int r = count_waiting(queue, size_bytes);
    if (r < 0)
        return r;
    if (fstatvfs(queue->dir_fd[QUEUE_NEW], &disk) < 0)
        return -errno;
    if (disk.f_bavail * disk.f_frsize < QUEUE_FREE_BYTES_MIN + size_bytes)
        return -ENOSPC;
    return 0;
}
