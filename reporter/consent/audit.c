/* The hash chain, and the file it goes on in. Context: tool. */
#include "reporter/consent/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/lock.h"
#include "proto/state_open.h"
#include "reporter/consent/audit_files.h"
#include "reporter/consent/audit_line.h"
#include "reporter/consent/audit_verify.h"
#include "reporter/state_file.h"

#define OPENINGS_MAX   8 /* others may make an older one of it meanwhile */
#define ROTATED_DETAIL (AUDIT_HEX_BYTES + 64u)

/* The file that is written to, locked, and where its chain goes on. */
struct audit_log {
    int state_fd;
    int fd;
    struct audit_chain chain;
    struct audit_files older;
    uint64_t from; /* the first line that is kept; 0: nothing to say of it */
};

static int read_head(int state_fd, char ret_head[AUDIT_HEX_BYTES + 1])
{
    size_t size = 0;

    ret_head[0] = '\0';
    int r = io_read_text(state_fd, AUDIT_HEAD, ret_head, AUDIT_HEX_BYTES + 1,
                         &size);
    return r == -ENOENT ? 0 : r;
}

static int write_head(int state_fd, const char *head)
{
    struct span data = {(const uint8_t *)head, strlen(head)};

    return state_file_write(state_fd, AUDIT_HEAD, data);
}

/*
 * Whether the head may move on with the chain: not when it is that of lines
 * which are gone, for then they would not be missed any more.
 */
static bool head_holds(const struct audit_log *log, const char *head)
{
    uint64_t lines = 0;

    return strcmp(head, log->chain.hash) == 0 ||
           audit_verify_head(log->state_fd, head, &lines) == 0;
}

/* The chain of the newest older file, in front of the first line of this. */
static int continue_older(struct audit_log *log)
{
    char name[AUDIT_NAME_BYTES];
    struct audit_chain last;
    struct audit_before before;

    int r = audit_files_list(log->state_fd, &log->older);
    if (r < 0 || log->older.count == 0)
        return r;
    r = audit_files_before(log->state_fd, &log->older, &before);
    if (r < 0)
        return r;
    audit_files_name(log->older.last[log->older.count - 1], name);
    OWNED_FD fd = state_open(log->state_fd, name, O_RDONLY);
    r = fd < 0 ? fd : audit_line_last(fd, &last);
    if (r < 0)
        return r;
    log->chain.sequence = last.sequence;
    memcpy(log->chain.hash, last.hash, sizeof last.hash);
    log->from = before.from;
    if (log->older.count > AUDIT_OLDER_MAX) {
        uint64_t gone = log->older.last[log->older.count - AUDIT_OLDER_MAX - 1];
        log->from = log->from > gone ? log->from : gone + 1;
    }
    return 0;
}

static int append_rotated(struct audit_log *log)
{
    char detail[ROTATED_DETAIL];

    (void)snprintf(detail, sizeof detail, "from=%lu after=%s",
                   (unsigned long)log->from, log->chain.hash);
    return audit_line_append(log->fd, AUDIT_ROTATED, detail, &log->chain);
}

static int append_lines(struct audit_log *log, const char *event,
                        const char *const *details, size_t count)
{
    int r = 0;

    if (log->chain.size > log->chain.end &&
        ftruncate(log->fd, log->chain.end) < 0)
        return -errno;
    if (log->from > 0)
        r = append_rotated(log);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = audit_line_append(log->fd, event, details[i], &log->chain);
    if (r < 0)
        return r;
    return fsync(log->fd) < 0 ? -errno : 0;
}

/* Now that a line says so. What stays by a failure goes with the next. */
static void remove_given_up(const struct audit_log *log)
{
    char name[AUDIT_NAME_BYTES];

    for (size_t i = 0; i < log->older.count; i++) {
        if (log->older.last[i] >= log->from)
            return;
        audit_files_name(log->older.last[i], name);
        (void)unlinkat(log->state_fd, name, 0);
    }
}

static int append_locked(struct audit_log *log, const char *event,
                         const char *const *details, size_t count)
{
    char head[AUDIT_HEX_BYTES + 1] = "";

    int r = log->chain.end == 0 ? continue_older(log) : 0;
    if (r == 0)
        r = read_head(log->state_fd, head);
    if (r < 0)
        return r;
    bool holds = head_holds(log, head);
    if (log->chain.size == 0 && *head == '\0')
        r = write_head(log->state_fd, AUDIT_HEAD_FIRST);
    if (r == 0)
        r = append_lines(log, event, details, count);
    if (r == 0 && holds)
        r = write_head(log->state_fd, log->chain.hash);
    if (r == 0 && log->from > 0)
        remove_given_up(log);
    return r;
}

/* Waits once a process: who kept it from us so long does so again. */
static int take_lock(int fd)
{
    static unsigned wait_ms = LOCK_WAIT_MS;

    int r = lock_take(fd, wait_ms);
    wait_ms = r == -ERR_HELD ? 0 : LOCK_WAIT_MS;
    return r;
}

/* 1: another has made an older one of it since it was opened. */
static int is_older(int state_fd, int fd)
{
    struct stat by_name;
    struct stat by_fd;

    if (fstat(fd, &by_fd) < 0)
        return -errno;
    if (fstatat(state_fd, AUDIT_FILE, &by_name, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 1 : -errno;
    return by_name.st_ino != by_fd.st_ino || by_name.st_dev != by_fd.st_dev;
}

/* Makes an older one of the file. A number that none has: where its last line
 * is none of ours, verify says so. */
static int retire(struct audit_log *log)
{
    char name[AUDIT_NAME_BYTES];
    uint64_t last = log->chain.sequence;

    int r = audit_files_list(log->state_fd, &log->older);
    if (r < 0)
        return r;
    if (log->older.count > 0 && log->older.last[log->older.count - 1] >= last)
        last = log->older.last[log->older.count - 1] + 1;
    if (log->chain.size > log->chain.end &&
        ftruncate(log->fd, log->chain.end) < 0)
        return -errno;
    audit_files_name(last, name);
    return io_rename_new(log->state_fd, AUDIT_FILE, log->state_fd, name);
}

/* 1: the next opening finds another file. */
static int try_append(struct audit_log *log, const char *event,
                      const char *const *details, size_t count)
{
    OWNED_FD fd =
        state_open(log->state_fd, AUDIT_FILE, O_RDWR | O_APPEND | O_CREAT);

    if (fd < 0)
        return fd;
    int r = take_lock(fd);
    if (r == 0)
        r = is_older(log->state_fd, fd);
    if (r != 0)
        return r;
    log->fd = fd;
    r = audit_line_last(fd, &log->chain);
    if (r < 0)
        return r;
    if (log->chain.size < AUDIT_BYTES_MAX)
        return append_locked(log, event, details, count);
    r = retire(log);
    return r < 0 ? r : 1;
}

int audit_append_all(int state_fd, const char *event,
                     const char *const *details, size_t count)
{
    struct audit_log log = {.state_fd = state_fd};
    int r = 1;

    if (sodium_init() < 0)
        return -EIO;
    for (int opening = 0; r == 1 && opening < OPENINGS_MAX; opening++)
        r = try_append(&log, event, details, count);
    return r == 1 ? -ERR_HELD : r;
}

int audit_append(int state_fd, const char *event, const char *detail)
{
    return audit_append_all(state_fd, event, &detail, 1);
}

int audit_verify(int state_fd, uint64_t *ret_lines)
{
    char head[AUDIT_HEX_BYTES + 1];

    *ret_lines = 0;
    int r = sodium_init() < 0 ? -EIO : read_head(state_fd, head);
    return r < 0 ? r : audit_verify_head(state_fd, head, ret_lines);
}
