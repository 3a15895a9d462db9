/* Ingest: checks, then the store. Context: tool. */
#include "collector/ingest.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/frame.h"
#include "proto/queue.h"
#include "proto/report_codec.h"

static const char *kind_name(const Inquest__V1__Report *report)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &inquest__v1__kind__descriptor, (int)report->kind);

    return value ? value->name : "KIND_UNSPECIFIED";
}

static const char *termination_name(const Inquest__V1__Termination *termination)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &inquest__v1__termination_cause__descriptor, (int)termination->cause);

    return value ? value->name : "";
}

static struct store_summary summarize(const Inquest__V1__Report *report)
{
    struct store_summary summary = {
        .report_id = report->report_id,
        .kind = kind_name(report),
        .time_unix_ms = report->time,
    };

    if (report->app) {
        summary.app = report->app->name;
        summary.version = report->app->version;
    }
    if (report->device)
        summary.installation_id = report->device->installation_id;
    if (report->crash) {
        summary.cause = report->crash->cause;
        if (report->crash->signal)
            summary.signal = report->crash->signal->name;
    }
    if (report->termination)
        summary.cause = termination_name(report->termination);
    return summary;
}

static struct answer accept_report(struct store *store,
                                   const Inquest__V1__Report *report,
                                   const char *key, struct span packed)
{
    char name[QUEUE_NAME_BYTES];

    if (queue_name(report->report_id, name) < 0)
        return answer_error(422, "reportId is not a UUID");
    if (strcmp(key, report->report_id) != 0)
        return answer_error(422, "Idempotency-Key is not the reportId");
    if (report->kind == INQUEST__V1__KIND__KIND_UNSPECIFIED)
        return answer_error(422, "the report has no kind");
    struct store_summary summary = summarize(report);
    int r = store_put(store, &summary, packed);
    if (r < 0)
        return answer_error(503, "the store does not take the report now");
    return answer_json(
        r ? 200 : 202,
        json_pack("{s:s,s:b}", "reportId", report->report_id, "duplicate", r));
}

static struct answer unpacked(struct store *store, const char *key,
                              struct span packed)
{
    OWNED_REPORT *report = NULL;

    if (report_unpack(packed, &report) < 0)
        return answer_error(400, "the body is not an inquest.v1.Report");
    return accept_report(store, report, key, packed);
}

/* Whether a media type is that one, whatever parameters follow. */
static bool is_type(const char *given, const char *type)
{
    size_t size = strlen(type);

    return given && strncasecmp(given, type, size) == 0 &&
           (given[size] == '\0' || given[size] == ';' || given[size] == ' ');
}

struct answer ingest_report(struct store *store,
                            const struct ingest_headers *headers,
                            struct span body)
{
    uint8_t *data = NULL;
    size_t size = 0;

    if (!is_type(headers->content_type, "application/x-protobuf"))
        return answer_error(415, "Content-Type must be application/x-protobuf");
    if (!headers->idempotency_key)
        return answer_error(400, "Idempotency-Key is missing");
    if (!headers->content_encoding)
        return unpacked(store, headers->idempotency_key, body);
    if (strcasecmp(headers->content_encoding, "gzip") != 0)
        return answer_error(415, "Content-Encoding must be gzip or absent");
    int r = frame_gunzip(body, FRAME_REPORT_BYTES_MAX, &data, &size);
    if (r == -ERR_LIMIT)
        return answer_error(413, "the report is too large when decompressed");
    if (r < 0)
        return answer_error(400, "the body is not gzip");
    struct answer answer =
        unpacked(store, headers->idempotency_key, (struct span){data, size});
    free(data);
    return answer;
}

struct answer ingest_deletion(struct store *store, struct span body)
{
    size_t count = 0;
    json_t *request =
        json_loadb((const char *)body.data, body.size_bytes, 0, NULL);
    const char *id =
        json_string_value(json_object_get(request, "installationId"));

    if (!id || !*id) {
        json_decref(request);
        return answer_error(400, "expected {\"installationId\": \"…\"}");
    }
    int r = store_delete(store, id, &count);
    json_decref(request);
    if (r < 0)
        return answer_error(503, "the store cannot delete now");
    return answer_json(202, json_pack("{s:s,s:I}", "state", "completed",
                                      "deleted", (json_int_t)count));
}
