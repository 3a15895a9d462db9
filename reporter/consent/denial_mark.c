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
#include "proto/state_open.h"
#include "reporter/consent/consent_file.h"
#include "reporter/state_file.h"

#define NAME_BYTES  40
#define DISTRUSTED  0620 /* keyfile.h */
#define PERMISSIONS 07777

static void name_of(enum data_class class, char ret_name[NAME_BYTES])
{
    (void)snprintf(ret_name, NAME_BYTES, "denied.%s", data_class_name(class));
}

/* 1: it changed; 0: it is so already. */
static int set_all(int state_fd, bool denied)
{
    struct stat status;

    if (fstat(state_fd, &status) < 0)
        return -errno;
    if (((status.st_mode & S_ISVTX) != 0) == denied)
        return 0;
    if (fchmod(state_fd, (status.st_mode ^ S_ISVTX) & PERMISSIONS) < 0 ||
        fsync(state_fd) < 0)
        return -errno;
    return 1;
}

static int withhold_all(int state_fd)
{
    int r = set_all(state_fd, true);

    return r < 0 ? r : -ERR_WITHHELD;
}

int denial_mark_set(int state_fd, uint32_t classes)
{
    char name[NAME_BYTES];

    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        if ((classes & CLASS_BIT(class)) == 0)
            continue;
        name_of((enum data_class) class, name);
        OWNED_FD fd = state_open(state_fd, name, O_RDONLY | O_CREAT);
        if (fd < 0 || futimens(fd, NULL) < 0 || fsync(fd) < 0)
            return withhold_all(state_fd);
    }
    return fsync(state_fd) < 0 ? withhold_all(state_fd) : 0;
}

int denial_mark_report(int state_fd, const char *report_id)
{
    OWNED_FD dir = -1;
    OWNED_FD fd = -1;

    if (state_file_dir(state_fd, CONSENT_PER_REPORT, &dir) == 0)
        fd = state_open(dir, report_id, O_RDONLY | O_CREAT);
    if (fd < 0 || fchmod(fd, DISTRUSTED) < 0 || fsync(fd) < 0 || fsync(dir) < 0)
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

int denial_mark_read(int state_fd, struct consent *consent)
{
    char name[NAME_BYTES];
    struct stat status;

    if (fstat(state_fd, &status) < 0)
        return -errno;
    consent->all_marked = (status.st_mode & S_ISVTX) != 0;
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        name_of((enum data_class) class, name);
        if (fstatat(state_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
            consent->marks[class] = mark_of(&status);
        } else if (errno != ENOENT) {
            return -errno;
        }
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

/* 1: it is gone; 0: there is none, or one that was made since. */
static int clear(int state_fd, enum data_class class,
                 const struct consent_mark *read)
{
    char name[NAME_BYTES];
    struct stat status;

    name_of(class, name);
    if (read->inode == 0 ||
        fstatat(state_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    struct consent_mark now = mark_of(&status);
    if (now.inode != read->inode || now.time_ns != read->time_ns)
        return 0;
    return unlinkat(state_fd, name, 0) < 0 ? -errno : 1;
}

int denial_mark_clear(int state_fd, const struct consent *consent)
{
    int r = consent->all_marked ? set_all(state_fd, false) : 0;
    bool cleared = r == 1;

    for (int class = CLASS_REQUIRED; r >= 0 && class < CLASS_COUNT; class ++) {
        r = clear(state_fd, (enum data_class) class, &consent->marks[class]);
        cleared |= r == 1;
    }
    if (r >= 0 && cleared && fsync(state_fd) < 0)
        r = -errno;
    return r < 0 ? r : 0;
}
