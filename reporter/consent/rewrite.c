/* Rewriting the queue. Context: tool. */
#include "reporter/consent/rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/class_filter.h"
#include "proto/frame.h"
#include "proto/lock.h"
#include "reporter/app/usage.h"
#include "reporter/consent/audit.h"
#include "reporter/queue/claim.h"
#include "reporter/queue/discard.h"
#include "reporter/queue/reports.h"
#include "reporter/queue/sealed.h"
#include "reporter/queue/sweep.h"
#include "reporter/state_file.h"
#include "reporter/upload/outgoing.h"

struct change {
    uint32_t classes;
    const char *installation_id;
    int64_t until_ms; /* for all that others hold (lock.h) */
};

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

static bool unreadable(int r)
{
    return r == -ERR_TORN || r == -ERR_MAGIC || r == -ERR_VERSION ||
           r == -ERR_SCHEMA || r == -ERR_FORMAT || r == -ERR_LIMIT;
}

/* The report without the data; -ERR_NOT_FOUND: then nothing is left of it. */
static int change_report(Inquest__V1__Report *report,
                         const struct change *change)
{
    if ((change->classes & CLASS_BIT(outgoing_class(report))) == 0)
        return -ERR_NOT_FOUND;
    (void)class_filter(&report->base, change->classes, NULL); /* a count */
    if (!change->installation_id || !report->device)
        return 0;
    int r = report_set_string(&report->device->installation_id,
                              change->installation_id);
    return r < 0 ? r : report_set_string(&report->device->mac_address, "");
}

/*
 * Of a sealed one the parts that are allowed stay; 1: none is. Who draws a new
 * installation id cannot change it in there.
 */
static int rewrite_sealed(int dir_fd, const char *name, int *fd,
                          struct span file, const struct change *change)
{
    struct sealed sealed;
    uint8_t *data = NULL;
    size_t size = 0;

    int r = sealed_read(file, &sealed);
    if (r < 0 || change->installation_id ||
        sealed_restrict(&sealed, change->classes) == 0)
        return 1;
    r = sealed_write(&sealed, &data, &size);
    if (r == 0)
        r = state_file_replace(dir_fd, name, (struct span){data, size}, fd);
    free(data);
    return r;
}

/*
 * The file dir_fd/name, open as *fd, gets new bytes in one step. 1: it has to
 * be erased instead.
 */
static int rewrite_file(int dir_fd, const char *name, int *fd,
                        const struct change *change)
{
    OWNED_REPORT *report = NULL;
    uint8_t *data = NULL;
    size_t size = 0;

    int r = report_read_file(dir_fd, name, &data, &size);
    if (r == 0)
        r = report_open((struct span){data, size}, &report);
    if (r == -ERR_SEALED) {
        r = rewrite_sealed(dir_fd, name, fd, (struct span){data, size}, change);
        free(data);
        return r;
    }
    free(data);
    data = NULL;
    if (r == 0)
        r = change_report(report, change);
    if (r < 0)
        return unreadable(r) || r == -ERR_NOT_FOUND ? 1 : r;
    r = frame_report(report, &data, &size);
    if (r < 0)
        return r;
    r = state_file_replace(dir_fd, name, (struct span){data, size}, fd);
    free(data);
    return r;
}

/* 0: changed; 1: somebody has it. */
static int rewrite_waiting(struct home *home, const char *id,
                           const struct change *change)
{
    OWNED_CLAIM claim = CLAIM_NONE;

    int r = claim_take(&home->queue, id, &claim);
    if (r < 0)
        return r == -EBUSY || r == -ENOENT ? 1 : r;
    r = rewrite_file(home->queue.dir_fd[QUEUE_BUSY], claim.name, &claim.fd,
                     change);
    if (r > 0)
        return claim_erase(&home->queue, &claim);
    int ended = claim_end(&home->queue, &claim, QUEUE_NEW);
    return r < 0 ? r : ended;
}

static bool elsewhere(int r)
{
    return r == -ENOENT || r == -ERR_HELD;
}

/* In sent/ or bad/. 1: somebody has it, or has moved it. */
static int rewrite_at_rest(struct home *home, const struct stored_report *item,
                           const struct change *change)
{
    OWNED_CLAIM claim = CLAIM_NONE;

    int r = claim_hold(&home->queue, item->place, item->id,
                       lock_left(change->until_ms), &claim);
    if (r == 0) {
        r = rewrite_file(home->queue.dir_fd[item->place], claim.name, &claim.fd,
                         change);
    }
    claim_drop(&claim);
    if (r > 0)
        r = discard_report(home, item);
    return elsewhere(r) ? 1 : r;
}

/* 1: somebody has it. */
static int rewrite_one(struct home *home, const struct stored_report *item,
                       const struct change *change)
{
    if (item->place == QUEUE_SENT || item->place == QUEUE_BAD)
        return rewrite_at_rest(home, item, change);
    return rewrite_waiting(home, item->id, change);
}

/* Writes how many were changed, and how many another process has. */
static int pass(struct home *home, const struct change *change,
                unsigned *ret_changed, unsigned *ret_held)
{
    OWNED_REPORTS reports = {0};
    int first_error = 0;

    *ret_changed = 0;
    *ret_held = 0;
    int r = claim_revive(&home->queue);
    if (r >= 0)
        r = reports_list(&home->queue, &reports);
    if (r < 0)
        return r;
    for (size_t i = 0; i < reports.count; i++) {
        r = rewrite_one(home, &reports.items[i], change);
        *ret_changed += r == 0;
        *ret_held += r > 0;
        if (r < 0 && first_error == 0)
            first_error = r; /* the others all the same */
    }
    return first_error;
}

static int note(struct home *home, const struct change *change,
                unsigned changed)
{
    char detail[160];
    struct text text = text_init(detail, sizeof detail);

    text_append(&text, "rewritten=");
    text_append_u64(&text, changed);
    text_append(&text, " without");
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        if ((change->classes & CLASS_BIT(class)) == 0) {
            text_append(&text, " ");
            text_append(&text, data_class_name((enum data_class) class));
        }
    }
    return audit_append(home->state_fd, "discarded", detail);
}

static int first_error(int first, int r)
{
    return first < 0 ? first : r;
}

/* As often as uploaders come in between; who does not let go is not waited for
 * again and again. */
static int every_pass(struct home *home, const struct change *change,
                      unsigned *ret_changed)
{
    unsigned held = 1;
    unsigned waited = 0;
    int r = pass(home, change, ret_changed, &held);

    for (int i = 1; r == 0 && held > 0 && i < REWRITE_PASSES_MAX; i++) {
        unsigned changed = 0;
        r = claim_wait(&home->queue, lock_left(change->until_ms), &waited);
        int passed = pass(home, change, &changed, &held);
        *ret_changed = changed > *ret_changed ? changed : *ret_changed;
        r = held > 0 ? first_error(r, passed) : passed;
    }
    return r == 0 && held > 0 ? -ERR_HELD : r;
}

int rewrite_all(struct home *home, uint32_t classes,
                const char *installation_id, unsigned *ret_changed)
{
    int forgot = 0;

    /* First: who makes reports of what was counted is through then. */
    if ((classes & CLASS_BIT(CLASS_OPTIONAL)) == 0)
        forgot = usage_forget(home);
    struct change change = {classes, installation_id,
                            lock_until(CLAIM_LET_GO_MS)};
    int r = first_error(every_pass(home, &change, ret_changed), forgot);
    r = first_error(r, sweep_temporary(home, REWRITE_TMP_AGE_S));
    return first_error(r, note(home, &change, *ret_changed));
}
