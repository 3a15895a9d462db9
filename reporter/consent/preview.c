/* Outgoing reports as text. Context: tool. */
#include "reporter/consent/preview.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/report_json.h"
#include "reporter/consent/consent_file.h"
#include "reporter/show/json_text.h"

int preview_print(const struct outgoing *outgoing, FILE *out)
{
    OWNED_REPORT *report = NULL;
    struct span packed = {outgoing->packed, outgoing->packed_bytes};

    int r = report_unpack(packed, &report);
    if (r < 0)
        return r;
    json_t *json = report_to_json(&report->base);
    if (!json)
        return -ENOMEM;
    json_text_print(json, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(json);
    return fflush(out) == 0 ? 0 : -EIO;
}

/* Packs a report as outgoing_pack does. 0 bytes: it would not leave. */
static int pack(const struct home *home, const char *id, uint32_t past,
                struct outgoing *ret_outgoing)
{
    OWNED_REPORT *report = NULL;

    int r = reports_load(&home->queue, id, &report);
    if (r == 0)
        r = outgoing_pack_past(home, report, past, ret_outgoing);
    return r == -ERR_DENIED ? 0 : r;
}

static int show(const struct home *now, const struct home *granted,
                enum data_class class, const char *id, FILE *out)
{
    OWNED_OUTGOING before = {0};
    OWNED_OUTGOING after = {0};

    int r = pack(now, id, 0, &before);
    if (r == 0)
        r = pack(granted, id, CLASS_BIT(class), &after);
    if (r < 0)
        return r;
    if (after.packed_bytes == 0 || after.packed_bytes == before.packed_bytes)
        return 0; /* nothing more would leave */
    fprintf(out, "%s, recorded before, would leave as\n", id);
    r = preview_print(&after, out);
    return r < 0 ? r : 1;
}

/* r: how it was shown. Fails with what does not lie in the report alone. */
static int note_shown(struct preview_past *past, const char *id, int r)
{
    if (r == 1)
        memcpy(past->ids[past->count++], id, REPORT_ID_BYTES);
    if (r == -ENOENT) /* sent or removed meanwhile */
        return 0;
    if (r > -ERR_FIRST)
        return r < 0 ? r : 0;
    past->unread++;
    return 0;
}

int preview_past(const struct home *home, enum data_class class, FILE *out,
                 struct preview_past *ret_past)
{
    OWNED_REPORTS reports = {0};
    struct home granted = *home; /* borrowed: nothing of it is closed */

    *ret_past = (struct preview_past){0};
    granted.consent.words[class].state = CONSENT_GRANTED;
    granted.consent.words[class].notice = data_notices[class];
    granted.consent.words[class].since_epoch = home->consent.epoch + 1;
    int r = reports_list(&home->queue, &reports);
    for (size_t i = 0; r >= 0 && i < reports.count; i++) {
        const struct stored_report *item = &reports.items[i];
        if (item->place == QUEUE_SENT)
            continue;
        if (ret_past->count == PREVIEW_PAST_MAX) {
            ret_past->left_out++;
            continue;
        }
        r = note_shown(ret_past, item->id,
                       show(home, &granted, class, item->id, out));
    }
    return r < 0 ? r : 0;
}

int preview_past_allow(const struct home *home, enum data_class class,
                       const struct preview_past *past)
{
    int first_error = 0;

    for (size_t i = 0; i < past->count; i++) {
        struct consent_report word = {0};
        int r = consent_report_read(home->state_fd, past->ids[i], &word);
        word.past[class] = home->consent.words[class].since_epoch;
        if (r == 0)
            r = consent_report_write(home->state_fd, past->ids[i], &word);
        if (r < 0 && first_error == 0)
            first_error = r;
    }
    return first_error;
}
