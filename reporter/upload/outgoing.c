/* Filter, redact, pack, compress. Context: tool. */
#include "reporter/upload/outgoing.h"

#include <errno.h>
#include <stdlib.h>

#include "proto/base/err.h"
#include "proto/class_filter.h"
#include "proto/frame.h"
#include "reporter/app/app_fill.h"
#include "reporter/app/device.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/redact.h"

#define GZIP_ROOM_BYTES 1024 /* a body that does not shrink grows a little */

void outgoing_close(struct outgoing *outgoing)
{
    free(outgoing->packed);
    free(outgoing->gzip);
    *outgoing = (struct outgoing){0};
}

enum data_class outgoing_class(const Inquest__V1__Report *report)
{
    switch (report->kind) {
    case INQUEST__V1__KIND__DETECTION:
        return CLASS_DETECTION;
    case INQUEST__V1__KIND__FEEDBACK:
        return CLASS_FEEDBACK;
    case INQUEST__V1__KIND__USAGE:
        return CLASS_OPTIONAL;
    default:
        return CLASS_REQUIRED;
    }
}

/* What one report says of itself, and was said of it. */
static struct consent_report word_of(const struct home *home,
                                     const Inquest__V1__Report *report)
{
    struct consent_report word = {
        .epoch = report->consent_epoch,
        .do_not_track = report->do_not_track != 0,
    };

    consent_report_read(home->state_fd, report->report_id, &word);
    return word;
}

static enum consent_layer decide(const struct home *home,
                                 const Inquest__V1__Report *report,
                                 const struct consent_report *word,
                                 enum data_class *ret_class)
{
    const enum data_class needed[] = {CLASS_REQUIRED, outgoing_class(report)};
    struct consent_layers layers = home_layers(home);
    enum consent_layer layer = CONSENT_ALLOWED;

    for (size_t i = 0; layer == CONSENT_ALLOWED && i < ARRAY_LENGTH(needed);
         i++) {
        *ret_class = needed[i];
        layer = consent_decides(needed[i], &layers, word);
    }
    return layer;
}

enum consent_layer outgoing_decides(const struct home *home,
                                    const Inquest__V1__Report *report,
                                    enum data_class *ret_class)
{
    struct consent_report word = word_of(home, report);

    return decide(home, report, &word, ret_class);
}

/* The classes that may leave. Fails with -ERR_DENIED. */
static int ask(const struct home *home, const Inquest__V1__Report *report,
               uint32_t past, struct outgoing *outgoing)
{
    struct consent_layers layers = home_layers(home);
    struct consent_report word = word_of(home, report);

    word.past |= past;
    outgoing->decided = decide(home, report, &word, &outgoing->denied_class);
    if (outgoing->decided != CONSENT_ALLOWED)
        return -ERR_DENIED;
    outgoing->classes = consent_sending(&layers, &word);
    return 0;
}

static int compress(struct outgoing *outgoing)
{
    size_t capacity =
        outgoing->packed_bytes + outgoing->packed_bytes / 8 + GZIP_ROOM_BYTES;
    void *work = aligned_alloc(16, FRAME_GZIP_WORK_BYTES);
    uint8_t *body = malloc(capacity);
    struct span data = {outgoing->packed, outgoing->packed_bytes};

    int r = work && body
                ? frame_gzip(data, work, body, capacity, &outgoing->gzip_bytes)
                : -ENOMEM;
    free(work);
    if (r < 0) {
        free(body);
        return r;
    }
    outgoing->gzip = body;
    return 0;
}

int outgoing_pack(const struct home *home, Inquest__V1__Report *report,
                  struct outgoing *ret_outgoing)
{
    return outgoing_pack_past(home, report, 0, ret_outgoing);
}

int outgoing_pack_past(const struct home *home, Inquest__V1__Report *report,
                       uint32_t past, struct outgoing *ret_outgoing)
{
    OWNED_OUTGOING outgoing = {0};
    struct redact redact;

    int r = ask(home, report, past, &outgoing);
    if (r < 0) {
        ret_outgoing->decided = outgoing.decided;
        ret_outgoing->denied_class = outgoing.denied_class;
        return r;
    }
    app_fill(home, report);
    r = device_fill(home, outgoing.classes, report);
    if (r < 0)
        return r;
    (void)class_filter(&report->base, outgoing.classes, NULL); /* a count */
    redact_init_home(home, &redact);
    redact_report(&redact, report);
    r = report_pack(report, &outgoing.packed, &outgoing.packed_bytes);
    if (r == 0)
        r = compress(&outgoing);
    if (r < 0)
        return r;
    *ret_outgoing = outgoing;
    outgoing = (struct outgoing){0};
    return 0;
}

int outgoing_build(const struct home *home, struct span file,
                   struct outgoing *ret_outgoing)
{
    OWNED_REPORT *report = NULL;

    *ret_outgoing = (struct outgoing){0};
    int r = report_open(file, &report);
    if (r < 0)
        return r;
    return outgoing_pack(home, report, ret_outgoing);
}
