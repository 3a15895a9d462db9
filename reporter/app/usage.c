/* Counting runs, and a report a day. Context: tool. */
#include "reporter/app/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/lock.h"
#include "reporter/app/usage_day.h"
#include "reporter/state_file.h"

#define STAT_BYTES    1024
#define NETWORK_BYTES 16384
#define MS_PER_S      1000
#define COUNT_WAIT_MS 500 /* of a count: a watched program waits, too */
#define CPU_FIELD     14 /* utime of proc(5) stat; then stime, cutime, cstime */
#define CPU_FIELDS    4
#define TX_COLUMN     8 /* of net/dev; the first is received */

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%.*s", (int)size - 1, from ? from : "");
}

static void day_of(int64_t unix_ms, char ret_day[USAGE_DAY_BYTES])
{
    char text[CLOCK_TEXT_BYTES];

    clock_text(unix_ms, text);
    copy(ret_day, USAGE_DAY_BYTES, text);
}

/* The directory, locked against other runs; closing it lets go. */
static int open_locked(const struct home *home, unsigned wait_ms, int *ret_fd)
{
    OWNED_FD fd = -1;

    int r = state_file_dir(home->state_fd, USAGE_DIR, &fd);
    if (r < 0)
        return r;
    r = lock_take(fd, wait_ms);
    if (r < 0)
        return r;
    *ret_fd = fd_take(&fd);
    return 0;
}

static bool is_granted(const struct home *home)
{
    struct consent_layers layers = home_layers(home);

    return (consent_recording(&layers) & CLASS_BIT(CLASS_OPTIONAL)) != 0;
}

/* By the grant that the run began under. */
static bool counts(const struct home *home, const struct usage_run *run)
{
    return is_granted(home) &&
           run->since_epoch == home->consent.words[CLASS_OPTIONAL].since_epoch;
}

/*
 * Adds what further counted to the day of the run. The consent is read again
 * where nobody forgets any more: who denied while we waited has done so.
 */
static int add(struct home *home, const struct usage_run *run,
               const struct usage_day *further)
{
    struct usage_day day = {0};
    char name[USAGE_FILE_BYTES];
    OWNED_FD dir_fd = -1;

    day_of(run->start_ms, day.day);
    copy(day.name, sizeof day.name, run->name);
    copy(day.version, sizeof day.version, run->version);
    usage_day_file(&day, name);
    int r = open_locked(home, COUNT_WAIT_MS, &dir_fd);
    if (r < 0)
        return r;
    (void)home_refresh(home);
    if (!counts(home, run))
        return -ERR_DENIED;
    r = usage_day_read(dir_fd, name, &day);
    if (r < 0 && r != -ENOENT)
        return r;
    day.starts += further->starts;
    day.clean_ends += further->clean_ends;
    day.crashes += further->crashes;
    day.run_ms += further->run_ms;
    day.cpu_ms += further->cpu_ms;
    day.rx_bytes += further->rx_bytes;
    day.tx_bytes += further->tx_bytes;
    return usage_day_write(dir_fd, name, &day);
}

/* The numbers of one adapter; false: it is none, or the loopback. */
static bool read_adapter(const char *line, uint64_t *ret_rx, uint64_t *ret_tx)
{
    const char *colon = strchr(line, ':');
    uint64_t number = 0;
    char *at = colon ? (char *)colon + 1 : NULL;

    if (!at || strstr(line, " lo:"))
        return false;
    for (int column = 0; column <= TX_COLUMN; column++) {
        number = strtoull(at, &at, 10);
        if (column == 0)
            *ret_rx = number;
    }
    *ret_tx = number;
    return true;
}

/* Bytes received and sent by all adapters but the loopback (proc(5)). */
static void read_network(pid_t pid, uint64_t *ret_rx, uint64_t *ret_tx)
{
    static char text[NETWORK_BYTES];
    char path[64];
    size_t size = 0;
    char *rest = text;

    *ret_rx = 0;
    *ret_tx = 0;
    snprintf(path, sizeof path, "/proc/%d/net/dev", (int)pid);
    if (io_read_text(AT_FDCWD, path, text, sizeof text, &size) < 0)
        return;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        uint64_t rx = 0;
        uint64_t tx = 0;
        if (!read_adapter(line, &rx, &tx))
            continue;
        *ret_rx += rx;
        *ret_tx += tx;
    }
}

/* User and system time of the process and of the children it reaped. */
static uint64_t cpu_ms(pid_t pid)
{
    char path[64];
    char text[STAT_BYTES];
    size_t size = 0;
    uint64_t ticks = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (io_read_text(AT_FDCWD, path, text, sizeof text, &size) < 0)
        return 0;
    char *at = strrchr(text, ')'); /* the name may hold anything */
    char *field = at ? strtok_r(at + 1, " ", &at) : NULL;
    for (int i = 3; field && i < CPU_FIELD + CPU_FIELDS; i++) {
        if (i >= CPU_FIELD)
            ticks += strtoull(field, NULL, 10);
        field = strtok_r(NULL, " ", &at);
    }
    return ticks * MS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
}

void usage_start(struct home *home, const struct app_identity *app,
                 int64_t start_ms, struct usage_run *ret_run)
{
    static const struct usage_day one = {.starts = 1};

    *ret_run = (struct usage_run){.start_ms = start_ms};
    if (!is_granted(home))
        return;
    copy(ret_run->name, sizeof ret_run->name, app->name);
    copy(ret_run->version, sizeof ret_run->version, app->version);
    ret_run->since_epoch = home->consent.words[CLASS_OPTIONAL].since_epoch;
    read_network(getpid(), &ret_run->rx_bytes, &ret_run->tx_bytes);
    ret_run->counted = add(home, ret_run, &one) == 0;
}

void usage_end(struct home *home, const struct usage_run *run, pid_t pid,
               bool clean, bool crashed)
{
    int64_t run_ms = clock_unix_ms() - run->start_ms;
    uint64_t rx = 0;
    uint64_t tx = 0;

    if (!run->counted || !counts(home, run))
        return;
    read_network(getpid(), &rx, &tx);
    struct usage_day end = {
        .clean_ends = clean,
        .crashes = crashed,
        .run_ms = run_ms > 0 ? (uint64_t)run_ms : 0,
        .cpu_ms = cpu_ms(pid),
        .rx_bytes = rx > run->rx_bytes ? rx - run->rx_bytes : 0,
        .tx_bytes = tx > run->tx_bytes ? tx - run->tx_bytes : 0,
    };
    DROP(add(home, run, &end)); /* a count less: nobody waits for it */
}

/* Calls visit for each file; the first error, the rest all the same. */
static int each(struct home *home, int dir_fd, const char *today,
                int (*visit)(struct home *home, int dir_fd, const char *name,
                             const char *today))
{
    DIR *list;
    int first_error = 0;
    unsigned count = 0;

    if (state_file_list(dir_fd, &list) < 0)
        return -EIO;
    for (struct dirent *entry;
         count < USAGE_FILES_MAX && (entry = readdir(list));) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        int r = visit(home, dir_fd, entry->d_name, today);
        if (r < 0 && first_error == 0)
            first_error = r;
    }
    (void)closedir(list); /* read only */
    return first_error;
}

static int report_one(struct home *home, int dir_fd, const char *name,
                      const char *today)
{
    struct usage_day day = {0};

    if (strncmp(name, today, USAGE_DAY_BYTES - 1) >= 0)
        return 0; /* goes on */
    int r = usage_day_read(dir_fd, name, &day);
    return r < 0 ? r : usage_day_report(home, dir_fd, name, &day);
}

int usage_report(struct home *home, int64_t now_ms)
{
    char today[USAGE_DAY_BYTES];
    OWNED_FD dir_fd = -1;

    if (!is_granted(home) ||
        faccessat(home->state_fd, USAGE_DIR, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    day_of(now_ms, today);
    int r = open_locked(home, LOCK_WAIT_MS, &dir_fd);
    if (r < 0)
        return r;
    (void)home_refresh(home); /* as add */
    return is_granted(home) ? each(home, dir_fd, today, report_one) : 0;
}

static int forget_one(struct home *home, int dir_fd, const char *name,
                      const char *today)
{
    (void)home;
    (void)today;
    int r = state_file_erase(dir_fd, name);
    return r == -ENOENT ? 0 : r;
}

int usage_forget(const struct home *home)
{
    OWNED_FD dir_fd = -1;

    if (faccessat(home->state_fd, USAGE_DIR, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    int r = open_locked(home, LOCK_WAIT_MS, &dir_fd);
    return r < 0 ? r : each((struct home *)home, dir_fd, "", forget_one);
}
