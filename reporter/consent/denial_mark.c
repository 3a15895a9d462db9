/* Names and modes. Context: tool. */
#include "reporter/consent/denial_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/data_class.h"
#include "proto/lock.h"
#include "proto/queue.h"
#include "proto/state_open.h"
#include "reporter/consent/consent_file.h"
#include "reporter/state_file.h"

#define NAME_BYTES  64
#define PERMISSIONS 07777
#define TRIES       8

static void name_of(enum data_class class, char ret_name[NAME_BYTES])
{
    (void)snprintf(ret_name, NAME_BYTES, "denied.%s", data_class_name(class));
}

static void name_of_report(const char *report_id, char ret_name[NAME_BYTES])
{
    (void)snprintf(ret_name, NAME_BYTES, "denied.%s", report_id);
}

static int set_bit(int fd, bool denied)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (((status.st_mode & S_ISVTX) != 0) == denied)
        return 0;
    if (fchmod(fd, (status.st_mode ^ S_ISVTX) & PERMISSIONS) < 0 ||
        fsync(fd) < 0)
        return -errno;
    return 0;
}

static int set_queue(int state_fd, bool denied)
{
    OWNED_FD fd = -1;
    int r = state_file_dir(state_fd, QUEUE_DIR, &fd);

    return r < 0 ? r : set_bit(fd, denied);
}

static int withhold_all(int state_fd)
{
    int r = set_queue(state_fd, true);

    if (r < 0)
        r = set_bit(state_fd, true);
    return r < 0 ? r : -ERR_WITHHELD;
}

static int withhold_no_more(int state_fd)
{
    int r = set_queue(state_fd, false);

    return r < 0 ? r : set_bit(state_fd, false);
}

static int read_all(int state_fd, bool *ret_denied)
{
    struct stat state;
    struct stat queue = {0};

    *ret_denied = false;
    if (fstat(state_fd, &state) < 0 ||
        (fstatat(state_fd, QUEUE_DIR, &queue, AT_SYMLINK_NOFOLLOW) < 0 &&
         errno != ENOENT))
        return -errno;
    *ret_denied = ((state.st_mode | queue.st_mode) & S_ISVTX) != 0;
    return 0;
}

int denial_mark_move(int state_fd)
{
    struct stat status;

    if (fstat(state_fd, &status) < 0)
        return -errno;
    if ((status.st_mode & S_ISVTX) == 0)
        return 0;
    int r = set_queue(state_fd, true);
    return r < 0 ? r : set_bit(state_fd, false);
}

/*
 * Again where somebody took it away in between, who had read the one before.
 * Whoever holds it is about to do so, and while he stands still none is safe.
 */
static int make(int dir_fd, const char *name)
{
    struct stat status;

    for (int try = 0; try < TRIES; try++) {
        OWNED_FD fd = state_open(dir_fd, name, O_RDWR | O_CREAT);
        if (fd < 0)
            return fd;
        if (lock_take(fd, LOCK_WAIT_MS) == -ERR_HELD)
            return -ERR_HELD;
        if (futimens(fd, NULL) < 0 || fsync(fd) < 0 || fstat(fd, &status) < 0)
            return -errno;
        if (status.st_nlink > 0)
            return 0;
    }
    return -ERR_HELD;
}

int denial_mark_set(int state_fd, uint32_t classes)
{
    char name[NAME_BYTES];

    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        if ((classes & CLASS_BIT(class)) == 0)
            continue;
        name_of((enum data_class) class, name);
        if (make(state_fd, name) < 0)
            return withhold_all(state_fd);
    }
    return fsync(state_fd) < 0 ? withhold_all(state_fd) : 0;
}

int denial_mark_report(int state_fd, const char *report_id)
{
    char name[NAME_BYTES];
    OWNED_FD dir = -1;

    name_of_report(report_id, name);
    if (state_file_dir(state_fd, CONSENT_PER_REPORT, &dir) < 0 ||
        make(dir, name) < 0 || fsync(dir) < 0)
        return withhold_all(state_fd);
    return 0;
}

static struct consent_mark mark_of(const struct stat *status)
{
    return (struct consent_mark){
        .inode = status->st_ino,
        .time_ns =
            status->st_ctim.tv_sec * 1000000000l + status->st_ctim.tv_nsec,
        .said_unix_ms = status->st_mtim.tv_sec * 1000l,
        .user = status->st_uid,
    };
}

/* 0 in ret_mark->inode: there is none. */
static int read_mark(int dir_fd, const char *name,
                     struct consent_mark *ret_mark)
{
    struct stat status;

    *ret_mark = (struct consent_mark){0};
    if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    *ret_mark = mark_of(&status);
    return 0;
}

int denial_mark_report_read(int words_fd, const char *report_id,
                            struct consent_mark *ret_mark)
{
    char name[NAME_BYTES];

    name_of_report(report_id, name);
    return read_mark(words_fd, name, ret_mark);
}

int denial_mark_read(int state_fd, struct consent *consent)
{
    char name[NAME_BYTES];

    int r = read_all(state_fd, &consent->all_marked);
    if (r < 0)
        return r;
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        name_of((enum data_class) class, name);
        r = read_mark(state_fd, name, &consent->marks[class]);
        if (r < 0)
            return r;
    }
    return consent->all_marked ? -ERR_WITHHELD : 0;
}

void denial_mark_apply(struct consent *consent)
{
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        const struct consent_mark *mark = &consent->marks[class];
        struct consent_word *word = &consent->words[class];
        if (mark->inode == 0)
            continue;
        *word = (struct consent_word){
            .state = CONSENT_DENIED,
            .time_unix_ms = mark->said_unix_ms,
            .notice = data_notices[class],
            .since_epoch = word->since_epoch,
        };
        (void)snprintf(word->actor, sizeof word->actor, "uid:%u", mark->user);
        (void)snprintf(word->way, sizeof word->way, "mark");
        consent->epoch++;
    }
}

/*
 * 1: it is gone; 0: there is none, or one that was made since. Locked, so that
 * it is not made anew between the look and the end; open for writing, for else
 * NFS does not lock (flock(2)).
 */
static int clear(int dir_fd, const char *name, const struct consent_mark *read)
{
    struct stat status;

    if (read->inode == 0)
        return 0;
    OWNED_FD fd = state_open(dir_fd, name, O_RDWR);
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    int r = lock_take(fd, 0);
    if (r < 0)
        return r == -ERR_HELD ? 0 : r;
    if (fstat(fd, &status) < 0)
        return -errno;
    struct consent_mark now = mark_of(&status);
    if (now.inode != read->inode || now.time_ns != read->time_ns)
        return 0;
    return unlinkat(dir_fd, name, 0) < 0 ? -errno : 1;
}

int denial_mark_report_clear(int words_fd, const char *report_id,
                             const struct consent_mark *read)
{
    char name[NAME_BYTES];

    name_of_report(report_id, name);
    int r = clear(words_fd, name, read);
    return r == 1 && fsync(words_fd) < 0 ? -errno : r < 0 ? r : 0;
}

void denial_mark_report_remove(int words_fd, const char *report_id)
{
    char name[NAME_BYTES];

    name_of_report(report_id, name);
    (void)unlinkat(words_fd, name, 0); /* mostly there is none */
}

int denial_mark_clear(int state_fd, const struct consent *consent)
{
    char name[NAME_BYTES];
    int r = consent->all_marked ? withhold_no_more(state_fd) : 0;
    bool cleared = false;

    for (int class = CLASS_REQUIRED; r >= 0 && class < CLASS_COUNT; class ++) {
        name_of((enum data_class) class, name);
        r = clear(state_fd, name, &consent->marks[class]);
        cleared |= r == 1;
    }
    if (r >= 0 && cleared && fsync(state_fd) < 0)
        r = -errno;
    return r < 0 ? r : 0;
}
