/* Locks that die with the claimant. Context: tool. */
#include "reporter/queue/claim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/lock.h"
#include "proto/state_open.h"
#include "reporter/queue/reports.h"
#include "reporter/state_file.h"

#define REASON_BYTES_MAX 1024
#define HOLD_TRIES       8

void claim_drop(struct claim *claim)
{
    fd_close(&claim->fd);
}

static int open_locked(int dir_fd, const char *name, int *ret_fd)
{
    OWNED_FD fd = state_open(dir_fd, name, O_RDWR);

    if (fd < 0)
        return fd;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    *ret_fd = fd_take(&fd);
    return 0;
}

/* 0: the name still stands for the open file; -ENOENT: not any more. */
static int same_file(int dir_fd, const char *name, int fd)
{
    struct stat by_name;
    struct stat by_fd;

    if (fstatat(dir_fd, name, &by_name, AT_SYMLINK_NOFOLLOW) < 0 ||
        fstat(fd, &by_fd) < 0)
        return -errno;
    return by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev
               ? 0
               : -ENOENT;
}

int claim_take(struct queue *queue, const char *report_id,
               struct claim *ret_claim)
{
    OWNED_CLAIM claim = CLAIM_NONE;

    int r = queue_name(report_id, claim.name);
    if (r < 0)
        return r;
    r = open_locked(queue->dir_fd[QUEUE_NEW], claim.name, &claim.fd);
    if (r < 0)
        return r;
    /* Between open and lock another may have claimed and sent it. */
    r = same_file(queue->dir_fd[QUEUE_NEW], claim.name, claim.fd);
    if (r < 0)
        return r;
    if (renameat(queue->dir_fd[QUEUE_NEW], claim.name,
                 queue->dir_fd[QUEUE_BUSY], claim.name) < 0)
        return -errno;
    *ret_claim = claim;
    claim.fd = -1;
    return 0;
}

/* 1: who had it put another file in its place, or took it away. */
static int hold(int dir_fd, const char *name, unsigned wait_ms, int *ret_fd)
{
    OWNED_FD fd = state_open(dir_fd, name, O_RDWR);

    if (fd < 0)
        return fd;
    int r = lock_take(fd, wait_ms);
    if (r < 0)
        return r;
    if (same_file(dir_fd, name, fd) < 0)
        return 1;
    *ret_fd = fd_take(&fd);
    return 0;
}

int claim_hold(struct queue *queue, enum queue_place place,
               const char *report_id, unsigned wait_ms, struct claim *ret_claim)
{
    struct claim claim = CLAIM_NONE;

    int r = queue_name(report_id, claim.name);
    if (r < 0)
        return r;
    r = 1;
    for (int try = 0; r == 1 && try < HOLD_TRIES; try++)
        r = hold(queue->dir_fd[place], claim.name, wait_ms, &claim.fd);
    if (r != 0)
        return r < 0 ? r : -ERR_HELD;
    *ret_claim = claim;
    return 0;
}

int claim_end_all(struct queue *queue, struct claim *claims, size_t count,
                  enum queue_place place)
{
    int busy = queue->dir_fd[QUEUE_BUSY];
    int r = 0;

    for (size_t i = 0; i < count; i++) {
        const char *name = claims[i].name;
        if (renameat(busy, name, queue->dir_fd[place], name) < 0)
            r = -errno;
    }
    if (place != QUEUE_NEW && fsync(queue->dir_fd[place]) < 0)
        r = -errno;
    for (size_t i = 0; i < count; i++)
        claim_drop(&claims[i]);
    return r;
}

int claim_end(struct queue *queue, struct claim *claim, enum queue_place place)
{
    return claim_end_all(queue, claim, 1, place);
}

int claim_reject(struct queue *queue, struct claim *claim, const char *reason)
{
    char name[QUEUE_NAME_BYTES + sizeof CLAIM_REASON_ENDING];
    char text[REASON_BYTES_MAX];

    snprintf(name, sizeof name, "%s" CLAIM_REASON_ENDING, claim->name);
    int size = snprintf(text, sizeof text, "%s\n", reason);
    if (size >= (int)sizeof text)
        size = (int)sizeof text - 1;
    struct span data = {(const uint8_t *)text, (size_t)size};
    int written = state_file_write(queue->dir_fd[QUEUE_BAD], name, data);
    int r = claim_end(queue, claim, QUEUE_BAD);
    return r < 0 ? r : written;
}

int claim_requeue(struct queue *queue, const char *report_id)
{
    char reason[QUEUE_NAME_BYTES + sizeof CLAIM_REASON_ENDING];
    OWNED_CLAIM claim = CLAIM_NONE;

    int r = claim_hold(queue, QUEUE_BAD, report_id, LOCK_WAIT_MS, &claim);
    if (r < 0)
        return r;
    if (renameat(queue->dir_fd[QUEUE_BAD], claim.name, queue->dir_fd[QUEUE_NEW],
                 claim.name) < 0)
        return -errno;
    snprintf(reason, sizeof reason, "%s" CLAIM_REASON_ENDING, claim.name);
    (void)unlinkat(queue->dir_fd[QUEUE_BAD], reason, 0); /* may be missing */
    return fsync(queue->dir_fd[QUEUE_NEW]) < 0 ? -errno : 0;
}

int claim_erase(struct queue *queue, struct claim *claim)
{
    int r = queue_withdraw(queue, QUEUE_BUSY, claim->name);

    if (r == 0)
        r = state_file_erase(queue->dir_fd[QUEUE_TMP], claim->name);
    claim_drop(claim);
    return r;
}

/* 1: put back; 0: somebody works on it. */
static int revive_one(struct queue *queue, enum queue_place place,
                      const char *name, void *context)
{
    OWNED_FD fd = -1;
    int busy = queue->dir_fd[place];

    (void)context;
    int r = open_locked(busy, name, &fd);
    if (r < 0)
        return 0;
    if (same_file(busy, name, fd) < 0 ||
        renameat(busy, name, queue->dir_fd[QUEUE_NEW], name) < 0)
        return 0;
    return 1;
}

typedef int visit_report(struct queue *queue, enum queue_place place,
                         const char *name, void *context);

/* Calls visit for every report in place and adds up what it returns. */
static int for_each(struct queue *queue, enum queue_place place,
                    visit_report *visit, void *context)
{
    int count = 0;
    struct dirent *entry;
    DIR *list;

    int r = state_file_list(queue->dir_fd[place], &list);
    if (r < 0)
        return r;
    while ((entry = readdir(list)) != NULL) {
        if (reports_name_valid(entry->d_name))
            count += visit(queue, place, entry->d_name, context);
    }
    (void)closedir(list); /* read only */
    return count;
}

int claim_revive(struct queue *queue)
{
    return for_each(queue, QUEUE_BUSY, revive_one, NULL);
}

struct wait {
    int64_t until_ms;
    bool held; /* one is, after that */
};

/* 1: it was held, and is not any more. */
static int wait_one(struct queue *queue, enum queue_place place,
                    const char *name, void *context)
{
    struct wait *wait = context;
    OWNED_FD fd = openat(queue->dir_fd[place], name,
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || lock_take(fd, 0) != -ERR_HELD)
        return 0;
    int r = lock_take(fd, lock_left(wait->until_ms));
    wait->held = wait->held || r == -ERR_HELD;
    return r == 0;
}

int claim_wait(struct queue *queue, unsigned wait_ms, unsigned *ret_waited)
{
    struct wait wait = {.until_ms = lock_until(wait_ms)};

    /* A claim begins and ends in new/, so there last. */
    int busy = for_each(queue, QUEUE_BUSY, wait_one, &wait);
    int new = for_each(queue, QUEUE_NEW, wait_one, &wait);
    *ret_waited =
        (busy > 0 ? (unsigned)busy : 0) + (new > 0 ? (unsigned)new : 0);
    return wait.held ? -ERR_HELD : 0;
}
