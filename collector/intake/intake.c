/* From report to row. Context: tool. */
#include "collector/intake/intake.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/api/api.h"
#include "collector/config.h"
#include "collector/intake/ingest.h"
#include "collector/intake/retention.h"
#include "collector/signature/evidence.h"

_Static_assert(STORE_HASH_BYTES == EVIDENCE_HASH_BYTES, "one hash");

#define TEXTS      5
#define TEXT_OF(i) (intake->texts + (i) * (size_t)(STORE_TEXT_BYTES_MAX + 1))

static void hash(const void *data, size_t size,
                 uint8_t ret_hash[STORE_HASH_BYTES])
{
    (void)crypto_generichash(ret_hash, STORE_HASH_BYTES, data, size, NULL,
                             0); /* fails on wrong sizes alone */
}

/* Text as the lists show it: valid, short; copies only what must change. */
static const char *clean(const char *text, char *to)
{
    json_t *json =
        text && *text ? clean_json(text, STORE_TEXT_BYTES_MAX) : NULL;

    to[0] = '\0';
    if (json) {
        (void)snprintf(to, STORE_TEXT_BYTES_MAX + 1, "%s",
                       json_string_value(json));
    }
    json_decref(json);
    return to;
}

static const char *cause_of(const Inquest__V1__Report *report)
{
    if (report->crash)
        return report->crash->cause;
    if (report->termination) {
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
            &inquest__v1__termination_cause__descriptor,
            (int)report->termination->cause);
        return value ? value->name : "";
    }
    return report->alarm ? report->alarm->rule : "";
}

static int fill_texts(struct intake *intake)
{
    const Inquest__V1__Report *report = intake->report;
    struct store_report *row = &intake->row;
    const Inquest__V1__Signal *signal =
        report->crash ? report->crash->signal : NULL;

    intake->texts = malloc(TEXTS * (size_t)(STORE_TEXT_BYTES_MAX + 1));
    if (!intake->texts)
        return -ENOMEM;
    row->app = clean(report->app ? report->app->name : "", TEXT_OF(0));
    row->version = clean(report->app ? report->app->version : "", TEXT_OF(1));
    row->signal = clean(signal ? signal->name : "", TEXT_OF(2));
    row->cause = clean(cause_of(report), TEXT_OF(3));
    row->machine = clean(report->device ? report->device->installation_id : "",
                         TEXT_OF(4));
    if (!*row->machine && report->device)
        row->machine = clean(report->device->mac_address, TEXT_OF(4));
    return 0;
}

/* A clock that is wrong must not put a report into next year. */
static int64_t sane_time(int64_t time_ms, int64_t now_ms)
{
    return time_ms <= 0 || time_ms > now_ms + INGEST_FUTURE_MS ? now_ms
                                                               : time_ms;
}

static void fill_numbers(const struct collector *collector, struct span packed,
                         struct intake *intake)
{
    const Inquest__V1__Report *report = intake->report;
    struct store_report *row = &intake->row;
    unsigned days = retention_first(report, collector->config->retention_days);

    row->received_ms = clock_ms();
    row->time_ms = sane_time(report->time, row->received_ms);
    row->kind = (int)report->kind;
    row->expires_ms = row->received_ms + days * DAY_MS;
    hash(packed.data, packed.size_bytes, row->content);
    if (report->kind == INQUEST__V1__KIND__USAGE && report->usage) {
        intake->usage = (struct store_usage){
            report->usage->starts,
            report->usage->clean_ends,
            report->usage->crashes,
        };
        row->usage = &intake->usage;
    }
}

int intake_open(const struct collector *collector, struct span packed,
                struct intake *ret_intake)
{
    struct intake *intake = ret_intake;

    int r = report_unpack(packed, &intake->report);
    if (r == 0)
        r = fill_texts(intake);
    if (r < 0)
        return r;
    if (api_report_id(intake->report->report_id, intake->row.id) < 0)
        memset(intake->row.id, 0, sizeof intake->row.id); /* refused later */
    fill_numbers(collector, packed, intake);
    return report_expand_frames(intake->report);
}

static const char *sign(void *context, struct signature *ret_signature)
{
    struct intake *intake = context;
    json_t *evidence = evidence_of(intake->report);

    if (!intake->evidence && evidence)
        intake->evidence = json_dumps(evidence, JSON_COMPACT | JSON_SORT_KEYS);
    if (intake->evidence)
        signature_make(intake->row.project, evidence, NULL, ret_signature);
    json_decref(evidence);
    return intake->evidence;
}

void intake_sign(struct intake *intake, bool names_to_come)
{
    struct store_stack *stack = &intake->stack;

    if (!evidence_hash(intake->report, stack->hash))
        return;
    stack->settled = !names_to_come || !evidence_lacks_names(intake->report);
    stack->sign = sign;
    stack->context = intake;
    intake->row.stack = stack;
}

void intake_close(struct intake *intake)
{
    report_free(&intake->report);
    free(intake->evidence);
    free(intake->texts);
}
