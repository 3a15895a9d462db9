/* Limits on what is kept. Context: tool. */
#include "reporter/queue/retention.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/keyfile.h"
#include "reporter/consent/audit.h"
#include "reporter/queue/discard.h"
#include "reporter/queue/wall_clock.h"
#include "reporter/state_file.h"

#define COUNTS_FILE "discarded"
#define DAY_MS      86400000LL
#define MIB         (1LL << 20)
#define KEEP_DAYS   90
#define KEEP_FREE   64 /* MiB; the drop stops at QUEUE_FREE_BYTES_MIN */
#define NUMBER_MAX  1000000000L

static const char *const reason_names[RETENTION_REASONS] = {
    "kept", "age", "count", "bytes", "free-space"};

const char *retention_reason_name(enum retention_reason reason)
{
    return reason_names[reason];
}

static int64_t limit(const struct config *config, const char *key,
                     long fallback)
{
    long value = config_number(config, key, fallback);

    return value < 1 || value > NUMBER_MAX ? fallback : value;
}

void retention_limits_read(const struct config *config,
                           struct retention_limits *ret_limits)
{
    *ret_limits = (struct retention_limits){
        .count = (size_t)limit(config, "keep_count", QUEUE_COUNT_MAX),
        .size_bytes =
            (uint64_t)(limit(config, "keep_mib", QUEUE_BYTES_MAX / MIB) * MIB),
        .age_ms = limit(config, "keep_days", KEEP_DAYS) * DAY_MS,
        .free_bytes =
            (uint64_t)(limit(config, "keep_free_mib", KEEP_FREE) * MIB),
    };
}

/* What goes first. */
static int rank(enum queue_place place)
{
    switch (place) {
    case QUEUE_SENT:
        return 0;
    case QUEUE_BAD:
        return 1;
    case QUEUE_NEW:
        return 2;
    default:
        return 3; /* being sent: stays */
    }
}

static int compare(const void *a, const void *b)
{
    const struct retention_item *left = a;
    const struct retention_item *right = b;
    int by_rank = rank(left->place) - rank(right->place);

    if (by_rank != 0)
        return by_rank;
    if (left->time_ms != right->time_ms)
        return left->time_ms < right->time_ms ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

/* What is there while the plan is made. */
struct stock {
    size_t count;
    uint64_t size_bytes;
    uint64_t free_bytes;
};

static enum retention_reason reason_for(const struct retention_limits *limits,
                                        const struct retention_item *item,
                                        const struct stock *stock,
                                        int64_t now_ms)
{
    if (item->place == QUEUE_BUSY)
        return RETENTION_KEPT;
    bool clock_was_set = item->time_ms >= RETENTION_CLOCK_SET_MS;
    if (!limits->age_unknown && now_ms - item->time_ms > limits->age_ms &&
        (clock_was_set || item->place != QUEUE_NEW))
        return RETENTION_AGE;
    if (stock->count > limits->count)
        return RETENTION_COUNT;
    if (stock->size_bytes > limits->size_bytes)
        return RETENTION_BYTES;
    if (stock->free_bytes < limits->free_bytes && item->place != QUEUE_NEW)
        return RETENTION_FREE_SPACE;
    return RETENTION_KEPT;
}

void retention_plan(const struct retention_limits *limits,
                    struct retention_item *items, size_t count, int64_t now_ms,
                    uint64_t free_bytes)
{
    struct stock stock = {.count = count, .free_bytes = free_bytes};

    qsort(items, count, sizeof *items, compare);
    for (size_t i = 0; i < count; i++)
        stock.size_bytes += items[i].size_bytes;
    for (size_t i = 0; i < count; i++) {
        items[i].reason = reason_for(limits, &items[i], &stock, now_ms);
        if (items[i].reason == RETENTION_KEPT)
            continue;
        stock.count--;
        stock.size_bytes -= items[i].size_bytes;
        stock.free_bytes += items[i].size_bytes;
    }
}

void retention_counts(int state_fd, uint64_t ret_counts[RETENTION_REASONS])
{
    OWNED_KEYFILE file = {0};
    int r = keyfile_open(state_fd, COUNTS_FILE, &file, NULL);

    for (int i = 0; i < RETENTION_REASONS; i++) {
        const char *value = r == 0 ? keyfile_get(&file, reason_names[i]) : NULL;
        ret_counts[i] = value ? strtoull(value, NULL, 10) : 0;
    }
}

static int write_counts(int state_fd, const uint64_t counts[RETENTION_REASONS])
{
    char text[256];
    size_t size = 0;

    for (int i = RETENTION_AGE; i < RETENTION_REASONS; i++) {
        size +=
            (size_t)snprintf(text + size, sizeof text - size, "%s = %llu\n",
                             reason_names[i], (unsigned long long)counts[i]);
    }
    struct span data = {(const uint8_t *)text, size};
    return state_file_write(state_fd, COUNTS_FILE, data);
}

/* Fills items with what lies in the queue; what is gone meanwhile is left. */
static size_t fill_items(const struct home *home, const struct reports *reports,
                         struct retention_item *items)
{
    size_t count = 0;

    for (size_t i = 0; i < reports->count; i++) {
        const struct stored_report *stored = &reports->items[i];
        char name[QUEUE_NAME_BYTES];
        struct stat status;
        if (queue_name(stored->id, name) < 0 ||
            fstatat(home->queue.dir_fd[stored->place], name, &status,
                    AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        items[count++] = (struct retention_item){
            .index = i,
            .place = stored->place,
            .size_bytes = (uint64_t)status.st_size,
            .time_ms = (int64_t)reports_id_time_ms(stored->id),
        };
    }
    return count;
}

/* Says in the audit log that it went. */
static int note(struct home *home, const struct stored_report *stored,
                const struct retention_item *item)
{
    char detail[128];

    (void)snprintf(detail, sizeof detail, "%s %s limit=%s bytes=%llu",
                   stored->id, queue_place_name(stored->place),
                   reason_names[item->reason],
                   (unsigned long long)item->size_bytes);
    return audit_append(home->state_fd, "discarded", detail);
}

static int discard_all(struct home *home, const struct reports *reports,
                       const struct retention_item *items, size_t count)
{
    uint64_t counts[RETENTION_REASONS];
    int discarded = 0;
    int failed = 0; /* the first error: the others go all the same */
    int noted = 0;

    retention_counts(home->state_fd, counts);
    for (size_t i = 0; noted == 0 && i < count; i++) {
        const struct stored_report *stored = &reports->items[items[i].index];
        if (items[i].reason == RETENTION_KEPT)
            continue;
        int r = discard_report(home, stored);
        if (r == 0) {
            counts[items[i].reason]++;
            discarded++;
            noted = note(home, stored, &items[i]);
        } else if (r != -EBUSY && r != -ENOENT && r != -ERR_HELD &&
                   failed == 0) {
            failed = r; /* not those: somebody is at it */
        }
    }
    int written = discarded > 0 ? write_counts(home->state_fd, counts) : 0;
    int r = failed < 0 ? failed : noted < 0 ? noted : written;
    return r < 0 ? r : discarded;
}

static int apply(struct home *home, const struct reports *reports,
                 struct retention_item *items)
{
    struct retention_limits limits;
    struct statvfs disk;
    size_t count = fill_items(home, reports, items);
    int64_t now_ms = clock_unix_ms();

    if (fstatvfs(home->queue.dir_fd[QUEUE_NEW], &disk) < 0)
        return -errno;
    retention_limits_read(&home->config, &limits);
    limits.age_unknown =
        !wall_clock_believed(home->state_fd, now_ms, limits.age_ms);
    retention_plan(&limits, items, count, now_ms,
                   disk.f_bavail * disk.f_frsize);
    return discard_all(home, reports, items, count);
}

int retention_apply(struct home *home)
{
    OWNED_REPORTS reports = {0};
    OWNED_FD lock = openat(home->queue.dir_fd[QUEUE_SENT], ".",
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (lock < 0)
        return -errno;
    if (flock(lock, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? 0 : -errno;
    int r = reports_list(&home->queue, &reports);
    if (r < 0)
        return r;
    struct retention_item *items = calloc(reports.count + 1, sizeof *items);
    r = items ? apply(home, &reports, items) : -ENOMEM;
    free(items);
    return r;
}
