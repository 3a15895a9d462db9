/* Who a box belongs to. Context: tool. */
#include "reporter/watch/box_owner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/box_history.h"
#include "proto/box_place.h"
#include "reporter/watch/child.h"

#define YOUNG_MS 15000u /* three of the longest periods */

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

/* Left to the sampler: what dies before its first sample says of neither. */
static void read_place(const struct box *box, struct box_place *ret_place)
{
    struct box_sampler sampler;

    *ret_place = box->identity.place;
    if (ret_place->boot_id[0] == '\0' && box_sampler_read(box, &sampler))
        *ret_place = sampler.place;
}

/* What is not known contradicts nothing. */
static bool is_of_boot(const struct box_place *place,
                       const struct box_place *ours)
{
    return place->boot_id[0] == '\0' || ours->boot_id[0] == '\0' ||
           strncmp(place->boot_id, ours->boot_id, sizeof ours->boot_id) == 0;
}

static bool is_in_namespace(const struct box_place *place,
                            const struct box_place *ours)
{
    return place->pid_namespace == 0 || ours->pid_namespace == 0 ||
           place->pid_namespace == ours->pid_namespace;
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

bool box_owner_locks(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* In a pid namespace that we cannot see into, its lock and samples tell. */
static bool lives_elsewhere(const struct box *box, int fd)
{
    if (box_owner_locks(fd))
        return true;
    /* Without the lock and with a crash it has no samples to come. */
    return !box->control.crashed && is_being_sampled(box);
}

enum box_owner box_owner_state(const struct box *box, int fd)
{
    const struct box_identity *identity = &box->identity;
    struct box_place place;
    struct box_place ours;

    read_place(box, &place);
    box_place_read(&ours);
    if (!is_of_boot(&place, &ours))
        return BOX_OWNER_RESTARTED;
    bool lives = is_in_namespace(&place, &ours)
                     ? process_lives(identity->pid, identity->start_ticks)
                     : lives_elsewhere(box, fd);
    /* Just started, perhaps in another namespace. */
    if (!lives && place.pid_namespace == 0)
        lives = box_owner_locks(fd);
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
