/* New reports of the reporter's own. Context: tool. */
#include "reporter/queue/fresh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "proto/class_filter.h"
#include "proto/frame.h"
#include "reporter/consent/consent.h"
#include "reporter/state_file.h"

#define SCHEMA_VERSION  1
#define GZIP_ROOM_BYTES 1024 /* what does not shrink grows a little */

int fresh_report(const struct home *home, Inquest__V1__Kind kind,
                 struct fresh *ret_fresh)
{
    static const Inquest__V1__Report empty = INQUEST__V1__REPORT__INIT;
    static const Inquest__V1__Device no_device = INQUEST__V1__DEVICE__INIT;
    Inquest__V1__Report *report = &ret_fresh->report;
    uint8_t random[10];

    *report = empty;
    ret_fresh->device = no_device;
    report->kind = kind;
    report->time = clock_unix_ms();
    report->schema_version = SCHEMA_VERSION;
    report->reporter_version = (char *)INQUEST_VERSION;
    report->consent_epoch = home->consent.epoch;
    report->do_not_track = home->do_not_track;
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return -EIO;
    report_id_make((uint64_t)report->time, random, ret_fresh->id);
    report->report_id = ret_fresh->id;
    int r = installation_id(home->state_fd, ret_fresh->installation);
    ret_fresh->device.installation_id = ret_fresh->installation;
    report->device = &ret_fresh->device;
    return r;
}

static int compress(struct span packed, uint8_t **ret_gzip,
                    size_t *ret_gzip_bytes)
{
    size_t capacity =
        packed.size_bytes + packed.size_bytes / 8 + GZIP_ROOM_BYTES;
    uint8_t *gzip = malloc(capacity);
    void *work = aligned_alloc(16, FRAME_GZIP_WORK_BYTES);

    int r = gzip && work
                ? frame_gzip(packed, work, gzip, capacity, ret_gzip_bytes)
                : -ENOMEM;
    free(work);
    if (r < 0) {
        free(gzip);
        return r;
    }
    *ret_gzip = gzip;
    return 0;
}

/* Packed and read back: what the filter frees must be its own. */
static int pack_filtered(const struct home *home,
                         const Inquest__V1__Report *report,
                         uint8_t **ret_packed, size_t *ret_size)
{
    OWNED_REPORT *copy = NULL;
    uint8_t *packed = NULL;
    size_t size = 0;
    struct consent_layers layers = home_layers(home);

    int r = report_pack(report, &packed, &size);
    if (r == 0)
        r = report_unpack((struct span){packed, size}, &copy);
    free(packed);
    if (r < 0)
        return r;
    (void)class_filter(&copy->base, consent_recording(&layers), NULL);
    return report_pack(copy, ret_packed, ret_size);
}

int fresh_drop(struct home *home, const struct fresh *fresh)
{
    uint8_t header[FRAME_HEADER_BYTES];
    uint8_t *packed = NULL;
    uint8_t *gzip = NULL;
    size_t size = 0;
    size_t gzip_bytes = 0;

    int r = pack_filtered(home, &fresh->report, &packed, &size);
    if (r == 0)
        r = compress((struct span){packed, size}, &gzip, &gzip_bytes);
    struct span payload = {gzip, gzip_bytes};
    if (r == 0) {
        frame_header(payload, header);
        r = queue_room(&home->queue, gzip_bytes);
    }
    if (r == 0) {
        r = queue_drop(&home->queue, fresh->id,
                       (struct span){header, sizeof header}, payload);
    }
    if (r == 0)
        r = queue_sync(&home->queue, fresh->id);
    free(packed);
    free(gzip);
    return r;
}
