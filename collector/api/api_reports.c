/* Reports over HTTP. Context: tool. */
#include <stdlib.h>

#include "collector/api/api.h"
#include "collector/collector.h"
#include "collector/signature/evidence.h"
#include "collector/symbols/symbols.h"
#include "proto/frame.h"
#include "proto/report_json.h"

static struct answer no_report(void)
{
    return answer_error(404, "no report with this id");
}

struct answer api_reports(struct request *request)
{
    struct store_filter filter;
    const char *why = NULL;

    if (api_filter(request, &filter, &why) < 0)
        return answer_error(400, why);
    return answer_json(200, store_reports(request->collector->store, &filter));
}

/* The packed message, from malloc, and its group. */
static int load(const struct request *request, uint8_t **ret_data,
                size_t *ret_size, struct store_packed *ret_packed)
{
    struct store_packed packed = {0};
    uint8_t id[STORE_ID_BYTES];

    int r = api_report_id(request->id, id);
    if (r == 0) {
        r = store_get(request->collector->store, request->project, id, &packed);
    }
    if (r < 0)
        return r;
    r = frame_gunzip((struct span){packed.body, packed.size_bytes},
                     FRAME_REPORT_BYTES_MAX, ret_data, ret_size);
    free(packed.body);
    packed.body = NULL;
    *ret_packed = packed;
    return r;
}

struct answer api_report_raw(struct request *request)
{
    struct answer answer = {.status = 200, .content_type = ANSWER_BINARY};
    struct store_packed packed;
    uint8_t *data = NULL;

    if (load(request, &data, &answer.body_bytes, &packed) < 0)
        return no_report();
    answer.body = (char *)data;
    return answer;
}

static json_t *report_json(struct span packed)
{
    OWNED_REPORT *report = NULL;

    if (report_unpack(packed, &report) < 0 || report_expand_frames(report) < 0)
        return NULL;
    return report_to_json(&report->base);
}

/* On the thread of symbols. */
static void named(void *context, json_t *report)
{
    request_answer(context, answer_json(200, report));
}

/* Takes report. */
static struct answer with_names(struct request *request, int64_t project,
                                json_t *report)
{
    struct symbols *symbols = request->collector->symbols;

    if (!symbols) {
        symbols_none(report);
        return answer_json(200, report);
    }
    request_defer(request);
    if (!symbols_fill_later(symbols, project, report, named, request)) {
        symbols_none(report);
        named(request, report);
    }
    return ANSWER_DEFERRED;
}

struct answer api_report(struct request *request)
{
    uint8_t *data = NULL;
    size_t size = 0;
    struct store_packed packed;
    char hex[20];

    if (load(request, &data, &size, &packed) < 0)
        return no_report();
    json_t *json = report_json((struct span){data, size});
    free(data);
    if (!json)
        return no_report();
    if (packed.group) {
        api_group_text(packed.group, hex);
        json_object_set_new(json, "group", json_string(hex));
    }
    return with_names(request, packed.project, json);
}
