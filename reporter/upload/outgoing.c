/* Filter, redact, pack, compress. Context: tool. */
#include "reporter/upload/outgoing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/class_filter.h"
#include "proto/frame.h"
#include "proto/keyfile.h"
#include "reporter/app/app_fill.h"
#include "reporter/app/device.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/redact.h"
#include "reporter/queue/sealed.h"

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

/* What a report says of itself, whether it can be read or not. */
struct question {
    const char *report_id;
    struct consent_report word;
    enum data_class class; /* outgoing_class */
};

static struct question question_of(const Inquest__V1__Report *report)
{
    return (struct question){
        .report_id = report->report_id,
        .word = {.epoch = report->consent_epoch,
                 .do_not_track = report->do_not_track != 0},
        .class = outgoing_class(report),
    };
}

/* What one report says of itself, and was said of it; on failure a denial. */
static int word_of(const struct home *home, const struct question *question,
                   struct consent_report *ret_word)
{
    *ret_word = question->word;
    return consent_report_read(home->state_fd, question->report_id, ret_word);
}

static enum consent_layer decide(const struct home *home, enum data_class class,
                                 const struct consent_report *word,
                                 enum data_class *ret_class)
{
    const enum data_class needed[] = {CLASS_REQUIRED, class};
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
    struct question question = question_of(report);
    struct consent_report word;

    DROP(word_of(home, &question, &word)); /* denied then */
    return decide(home, question.class, &word, ret_class);
}

/*
 * The classes that may leave. Fails with -ERR_DENIED, or with what kept the
 * disk from saying: that is no denial, and passes.
 */
static int ask(const struct home *home, const struct question *question,
               uint32_t past, struct outgoing *outgoing)
{
    struct consent_layers layers = home_layers(home);
    struct consent_report word;

    int r = word_of(home, question, &word);
    if (keyfile_unread(r))
        return r;
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        if ((past & CLASS_BIT(class)) != 0)
            word.past[class] = UINT64_MAX;
    }
    outgoing->decided =
        decide(home, question->class, &word, &outgoing->denied_class);
    if (outgoing->decided != CONSENT_ALLOWED)
        return -ERR_DENIED;
    outgoing->classes = consent_sending(&layers, &word);
    return 0;
}

static int compress(struct outgoing *outgoing)
{
    /* Kept: new pages for each of thousands of reports cost more than zlib. */
    static _Alignas(16) uint8_t work[FRAME_GZIP_WORK_BYTES];
    size_t capacity =
        outgoing->packed_bytes + outgoing->packed_bytes / 8 + GZIP_ROOM_BYTES;
    uint8_t *body = malloc(capacity);
    struct span data = {outgoing->packed, outgoing->packed_bytes};

    int r = body ? frame_gzip(data, work, body, capacity, &outgoing->gzip_bytes)
                 : -ENOMEM;
    if (r < 0) {
        free(body);
        return r;
    }
    outgoing->gzip = body;
    return 0;
}

static int refuse(const struct outgoing *asked, int r,
                  struct outgoing *ret_outgoing)
{
    ret_outgoing->decided = asked->decided;
    ret_outgoing->denied_class = asked->denied_class;
    return r;
}

/* Of what may leave, the classes in most. */
static int pack(const struct home *home, Inquest__V1__Report *report,
                uint32_t past, uint32_t most, struct outgoing *ret_outgoing)
{
    OWNED_OUTGOING outgoing = {0};
    struct question question = question_of(report);
    struct redact redact;

    int r = ask(home, &question, past, &outgoing);
    if (r < 0)
        return refuse(&outgoing, r, ret_outgoing);
    outgoing.classes &= most;
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

int outgoing_pack(const struct home *home, Inquest__V1__Report *report,
                  struct outgoing *ret_outgoing)
{
    return pack(home, report, 0, UINT32_MAX, ret_outgoing);
}

int outgoing_pack_past(const struct home *home, Inquest__V1__Report *report,
                       uint32_t past, struct outgoing *ret_outgoing)
{
    return pack(home, report, past, UINT32_MAX, ret_outgoing);
}

int outgoing_pack_least(const struct home *home, Inquest__V1__Report *report,
                        struct outgoing *ret_outgoing)
{
    return pack(home, report, 0, outgoing_least(outgoing_class(report)),
                ret_outgoing);
}

uint32_t outgoing_least(enum data_class class)
{
    return CLASS_BIT(CLASS_REQUIRED) | CLASS_BIT(class);
}

int outgoing_sealed(const struct home *home, const char *report_id,
                    struct span file, struct outgoing *ret_outgoing)
{
    OWNED_OUTGOING outgoing = {0};
    struct sealed sealed;

    *ret_outgoing = (struct outgoing){0};
    int r = sealed_read(file, &sealed);
    if (r < 0)
        return r;
    const struct question question = {
        .report_id = report_id,
        .word = {.epoch = sealed.epoch, .do_not_track = sealed.do_not_track},
        .class = (enum data_class)sealed.needed,
    };
    r = ask(home, &question, 0, &outgoing);
    const struct sealed_part *part = sealed_part(&sealed, outgoing.classes);
    if (r == 0 && !part) { /* a denial has come, and has yet to take it out */
        outgoing.denied_class = CLASS_OPTIONAL;
        outgoing.decided = CONSENT_BY_USER;
        r = -ERR_DENIED;
    }
    if (r < 0)
        return refuse(&outgoing, r, ret_outgoing);
    outgoing.gzip = malloc(part->body.size_bytes + 1);
    if (!outgoing.gzip)
        return -ENOMEM;
    memcpy(outgoing.gzip, part->body.data, part->body.size_bytes);
    outgoing.gzip_bytes = part->body.size_bytes;
    outgoing.sealed = true;
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
