/* Rewriting the queue. Context: tool. */
#include "reporter/rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/class_filter.h"
#include "proto/frame.h"
#include "reporter/claim.h"
#include "reporter/outgoing.h"
#include "reporter/reports.h"
#include "reporter/state_file.h"

struct change {
    uint32_t classes;
    const char *installation_id;
};

/* Frees what a message owned and puts a copy of value there. */
static int replace(char **field, const char *value)
{
    char *copy = strdup(value);

    if (!copy)
        return -ENOMEM;
    if (*field != protobuf_c_empty_string)
        free(*field);
    *field = copy;
    return 0;
}

static int frame_report(const Inquest__V1__Report *report, uint8_t **ret_file,
                        size_t *ret_size)
{
    uint8_t *packed = NULL;
    size_t packed_bytes = 0;
    size_t payload_bytes = 0;

    int r = report_pack(report, &packed, &packed_bytes);
    if (r < 0)
        return r;
    size_t capacity = packed_bytes + packed_bytes / 8 + 1024;
    uint8_t *file = malloc(FRAME_HEADER_BYTES + capacity);
    void *work = aligned_alloc(16, FRAME_GZIP_WORK_BYTES);
    r = file && work
            ? frame_gzip((struct span){packed, packed_bytes}, work,
                         file + FRAME_HEADER_BYTES, capacity, &payload_bytes)
            : -ENOMEM;
    free(packed);
    free(work);
    if (r < 0) {
        free(file);
        return r;
    }
    struct span payload = {file + FRAME_HEADER_BYTES, payload_bytes};
    frame_header(payload, file);
    *ret_file = file;
    *ret_size = FRAME_HEADER_BYTES + payload_bytes;
    return 0;
}

/* Overwrites the file behind fd, which has no name any more. */
static int wipe(int fd)
{
    static const uint8_t zeros[4096];
    struct stat status;

    if (fstat(fd, &status) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    for (off_t at = 0; at < status.st_size; at += (off_t)sizeof zeros) {
        int r = io_write_all(fd, zeros, sizeof zeros);
        if (r < 0)
            return r;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* The file dir_fd/name, open as old_fd, gets new bytes in one step. */
static int rewrite_file(int dir_fd, const char *name, int old_fd,
                        const struct change *change)
{
    OWNED_REPORT *report = NULL;
    uint8_t *data = NULL;
    size_t size = 0;

    int r = report_read_file(dir_fd, name, &data, &size);
    if (r < 0)
        return r;
    r = report_open((struct span){data, size}, &report);
    free(data);
    data = NULL;
    if (r < 0)
        return r;
    (void)class_filter(&report->base, change->classes, NULL); /* a count */
    if (change->installation_id && report->device) {
        r = replace(&report->device->installation_id, change->installation_id);
        if (r == 0)
            r = replace(&report->device->mac_address, "");
    }
    if (r == 0)
        r = frame_report(report, &data, &size);
    if (r < 0)
        return r;
    r = state_file_write(dir_fd, name, (struct span){data, size});
    free(data);
    return r < 0 ? r : wipe(old_fd);
}

static bool unreadable(int r)
{
    return r == -ERR_TORN || r == -ERR_MAGIC || r == -ERR_VERSION ||
           r == -ERR_SCHEMA || r == -ERR_FORMAT || r == -ERR_LIMIT;
}

static int rewrite_new(struct home *home, const char *id,
                       const struct change *change)
{
    OWNED_CLAIM claim = CLAIM_NONE;

    int r = claim_take(&home->queue, id, &claim);
    if (r < 0)
        return r == -EBUSY || r == -ENOENT ? 1 : r;
    r = rewrite_file(home->queue.dir_fd[QUEUE_BUSY], claim.name, claim.fd,
                     change);
    if (unreadable(r))
        return claim_erase(&home->queue, &claim);
    int ended = claim_end(&home->queue, &claim, QUEUE_NEW);
    return r < 0 ? r : ended;
}

/* In sent/ and bad/ nobody claims. */
static int rewrite_at_rest(struct home *home, const struct stored_report *item,
                           const struct change *change)
{
    int dir_fd = home->queue.dir_fd[item->place];
    char name[QUEUE_NAME_BYTES];

    int r = queue_name(item->id, name);
    if (r < 0)
        return r;
    OWNED_FD fd = openat(dir_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 1 : -errno;
    r = rewrite_file(dir_fd, name, fd, change);
    return unreadable(r) ? state_file_erase(dir_fd, name) : r;
}

int rewrite_all(struct home *home, uint32_t classes,
                const char *installation_id, unsigned *ret_changed)
{
    OWNED_REPORTS reports = {0};
    struct change change = {classes, installation_id};
    unsigned changed = 0;
    int first_error = 0;

    int r = claim_revive(&home->queue);
    if (r >= 0)
        r = reports_list(&home->queue, &reports);
    if (r < 0)
        return r;
    for (size_t i = 0; i < reports.count; i++) {
        const struct stored_report *item = &reports.items[i];
        bool at_rest = item->place == QUEUE_SENT || item->place == QUEUE_BAD;
        r = at_rest ? rewrite_at_rest(home, item, &change)
                    : rewrite_new(home, item->id, &change);
        changed += r == 0;
        if (r < 0 && first_error == 0)
            first_error = r; /* the others all the same */
    }
    *ret_changed = changed;
    return first_error;
}
