/* Who a box belongs to. Context: tool. */
#include "reporter/watch/box_owner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/box_history.h"
#include "reporter/watch/child.h"

#define BOOT_ID_BYTES 64
#define YOUNG_MS      15000u /* three of the longest periods */

const struct box *box_open(int dir_fd, const char *name, int *ret_fd)
{
    struct stat status;
    OWNED_FD fd =
        openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        status.st_size != (off_t)sizeof(struct box))
        return NULL;
    struct box *box = aligned_alloc(_Alignof(struct box), sizeof *box);
    if (!box)
        return NULL;
    if (pread(fd, box, sizeof *box, 0) != (ssize_t)sizeof *box ||
        !box_valid(box, sizeof *box) ||
        !box_sealed(&box->identity, sizeof box->identity)) {
        box_close(box);
        return NULL;
    }
    *ret_fd = fd_take(&fd);
    return box;
}

void box_close(const struct box *box)
{
    free((void *)(uintptr_t)box); /* ours */
}

static bool is_of_this_boot(const struct box *box)
{
    char boot_id[BOOT_ID_BYTES];
    size_t size = 0;

    if (io_read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot_id,
                     sizeof boot_id, &size) < 0)
        return true; /* nothing to compare with */
    boot_id[strcspn(boot_id, "\n")] = '\0';
    return strncmp(box->identity.boot_id, boot_id,
                   sizeof box->identity.boot_id) == 0;
}

static bool is_in_our_namespace(const struct box *box)
{
    struct stat status;

    return box->identity.pid_namespace == 0 ||
           stat("/proc/self/ns/pid", &status) < 0 ||
           status.st_ino == box->identity.pid_namespace;
}

static bool is_our_cgroup_namespace(uint64_t inode)
{
    struct stat status;

    return inode == 0 || stat("/proc/self/ns/cgroup", &status) < 0 ||
           status.st_ino == inode;
}

void box_owner_cgroup(const struct box *box, char *ret_path, size_t capacity)
{
    const struct box_identity *identity = &box->identity;
    struct box_sampler sampler;

    ret_path[0] = '\0';
    if (box_sampler_read(box, &sampler)) {
        if (is_our_cgroup_namespace(sampler.cgroup_namespace))
            box_string(ret_path, capacity, sampler.cgroup);
    } else if (box->control.cgroup_moves == 0 &&
               is_our_cgroup_namespace(identity->cgroup_namespace)) {
        box_string(ret_path, capacity, identity->cgroup);
    }
}

/* Whether the last sample is so young that somebody must be writing them. */
static bool is_being_sampled(const struct box *box)
{
    struct box_point *points = calloc(BOX_HISTORY_MAX, sizeof *points);
    struct timespec now;

    if (!points)
        return true;
    (void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail */
    uint64_t now_ms =
        (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
    size_t count = box_history_read(box, points);
    bool young = count > 0 && points[count - 1].boot_ms + YOUNG_MS > now_ms;
    free(points);
    return young;
}

/* In a pid namespace that we cannot see into, its lock and samples tell. */
static bool lives_elsewhere(const struct box *box, int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        return true;
    /* Without the lock and with a crash it has no samples to come. */
    return !box->control.crashed && is_being_sampled(box);
}

enum box_owner box_owner_state(const struct box *box, int fd)
{
    const struct box_identity *identity = &box->identity;

    if (!is_of_this_boot(box))
        return BOX_OWNER_RESTARTED;
    bool lives = is_in_our_namespace(box)
                     ? process_lives(identity->pid, identity->start_ticks)
                     : lives_elsewhere(box, fd);
    return lives ? BOX_OWNER_LIVES : BOX_OWNER_DEAD;
}

enum box_supervisor box_supervisor_state(const struct box *box)
{
    pid_t pid = (pid_t)box->control.supervisor_pid;

    if (pid <= 0)
        return BOX_UNSUPERVISED;
    /* Who has the number now but started later is somebody else. */
    uint64_t start = process_start_ticks(pid);
    bool lives = start == 0 ? process_exists(pid)
                            : start <= box->identity.start_ticks &&
                                  process_lives(pid, start);
    return lives ? BOX_SUPERVISED : BOX_ORPHANED;
}
