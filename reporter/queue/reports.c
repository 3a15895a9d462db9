/* Finding and loading reports. Context: tool. */
#include "reporter/queue/reports.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/frame.h"
#include "reporter/state_file.h"

#define ID_TIME_DIGITS 12
#define ID_TIME_HIGH   8 /* of them, before the first dash */

/* In the order a report takes; while we look one that is tried again goes from
 * bad/ to new/, and one given back from busy/, so both are looked at twice. */
static const enum queue_place places[] = {QUEUE_BAD, QUEUE_NEW,  QUEUE_BUSY,
                                          QUEUE_NEW, QUEUE_SENT, QUEUE_BAD};

void reports_close(struct reports *reports)
{
    free(reports->items);
    *reports = (struct reports){0};
}

bool reports_name_valid(const char *name)
{
    char again[QUEUE_NAME_BYTES];
    char id[REPORT_ID_BYTES];

    if (strlen(name) != QUEUE_NAME_BYTES - 1)
        return false;
    memcpy(id, name, sizeof id - 1);
    id[sizeof id - 1] = '\0';
    return queue_name(id, again) == 0 && strcmp(again, name) == 0;
}

uint64_t reports_id_time_ms(const char *id)
{
    char digits[ID_TIME_DIGITS + 1] = "";

    memcpy(digits, id, ID_TIME_HIGH);
    memcpy(digits + ID_TIME_HIGH, id + ID_TIME_HIGH + 1, /* behind the dash */
           ID_TIME_DIGITS - ID_TIME_HIGH);
    return strtoull(digits, NULL, 16);
}

static void add(struct reports *reports, const char *name,
                enum queue_place place)
{
    if (reports->count == REPORTS_MAX || !reports_name_valid(name))
        return;
    struct stored_report *item = &reports->items[reports->count++];
    memcpy(item->id, name, sizeof item->id - 1);
    item->id[sizeof item->id - 1] = '\0';
    item->place = place;
}

static int scan(int dir_fd, enum queue_place place, struct reports *reports)
{
    struct dirent *entry;
    DIR *list;

    int r = state_file_list(dir_fd, &list);
    if (r < 0)
        return r;
    errno = 0; /* readdir says NULL to the end and to a failure alike */
    while ((entry = readdir(list)) != NULL)
        add(reports, entry->d_name, place);
    r = -errno;
    (void)closedir(list); /* read only */
    return r;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct stored_report *)a)->id,
                  ((const struct stored_report *)b)->id);
}

/* One that moved while we looked is there twice. */
static void drop_doubles(struct reports *reports)
{
    size_t kept = 0;

    for (size_t i = 0; i < reports->count; i++) {
        if (kept > 0 &&
            strcmp(reports->items[kept - 1].id, reports->items[i].id) == 0) {
            reports->items[kept - 1] = reports->items[i];
        } else {
            reports->items[kept++] = reports->items[i];
        }
    }
    reports->count = kept;
}

int reports_list(const struct queue *queue, struct reports *ret_reports)
{
    OWNED_REPORTS reports = {
        .items = malloc(REPORTS_MAX * sizeof *reports.items),
    };

    if (!reports.items)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        int r = scan(queue->dir_fd[places[i]], places[i], &reports);
        if (r < 0)
            return r; /* NOLINT(clang-analyzer-unix.Malloc): cleanup frees */
    }
    qsort(reports.items, reports.count, sizeof *reports.items, compare);
    drop_doubles(&reports);
    *ret_reports = reports;
    reports.items = NULL;
    return 0;
}

int reports_find(const struct reports *reports, const char *prefix,
                 const struct stored_report **ret_report)
{
    const struct stored_report *found = NULL;

    if (reports->count == 0)
        return -ERR_NOT_FOUND;
    if (!prefix || strcmp(prefix, "last") == 0) {
        *ret_report = &reports->items[reports->count - 1];
        return 0;
    }
    for (size_t i = 0; i < reports->count; i++) {
        if (strncasecmp(reports->items[i].id, prefix, strlen(prefix)) != 0)
            continue;
        if (found)
            return -ERR_AMBIGUOUS;
        found = &reports->items[i];
    }
    if (!found)
        return -ERR_NOT_FOUND;
    *ret_report = found;
    return 0;
}

static size_t common(const char *a, const char *b)
{
    size_t size = 0;

    while (a[size] != '\0' && a[size] == b[size])
        size++;
    return size;
}

size_t reports_short(const struct reports *reports, size_t index)
{
    const struct stored_report *item = &reports->items[index];
    size_t size = REPORTS_SHORT_MIN - 1;

    if (index > 0 && common(item->id, item[-1].id) > size)
        size = common(item->id, item[-1].id);
    if (index + 1 < reports->count && common(item->id, item[1].id) > size)
        size = common(item->id, item[1].id);
    return size + 1;
}

int report_read_file(int dir_fd, const char *name, uint8_t **ret_data,
                     size_t *ret_size)
{
    struct stat status;
    OWNED_FD fd =
        openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) ||
        status.st_size > FRAME_HEADER_BYTES + (off_t)FRAME_PAYLOAD_BYTES_MAX)
        return -ERR_LIMIT;
    size_t capacity = (size_t)status.st_size + 1;
    uint8_t *data = malloc(capacity);
    if (!data)
        return -ENOMEM;
    int r = io_read_all(fd, data, capacity, ret_size);
    if (r < 0) {
        free(data);
        return r;
    }
    *ret_data = data;
    return 0;
}

int reports_read(const struct queue *queue, const char *id, uint8_t **ret_data,
                 size_t *ret_size)
{
    char name[QUEUE_NAME_BYTES];

    int r = queue_name(id, name);
    if (r < 0)
        return r;
    r = -ENOENT;
    /* Twice: an uploader may move it behind our back. */
    for (size_t i = 0; r == -ENOENT && i < 2 * ARRAY_LENGTH(places); i++) {
        r = report_read_file(queue->dir_fd[places[i % ARRAY_LENGTH(places)]],
                             name, ret_data, ret_size);
    }
    return r;
}

int reports_load(const struct queue *queue, const char *id,
                 Inquest__V1__Report **ret_report)
{
    uint8_t *data = NULL;
    size_t size = 0;

    int r = reports_read(queue, id, &data, &size);
    if (r == 0)
        r = report_open((struct span){data, size}, ret_report);
    free(data);
    return r;
}
