/* Reports over HTTP. Context: tool. */
#include <stdlib.h>

#include "collector/api.h"
#include "collector/collector.h"
#include "collector/signature/evidence.h"
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
                size_t *ret_size, int64_t *ret_group)
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
    *ret_group = packed.group;
    return r;
}

struct answer api_report_raw(struct request *request)
{
    struct answer answer = {.status = 200, .content_type = ANSWER_BINARY};
    uint8_t *data = NULL;
    int64_t group = 0;

    if (load(request, &data, &answer.body_bytes, &group) < 0)
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

struct answer api_report(struct request *request)
{
    uint8_t *data = NULL;
    size_t size = 0;
    int64_t group = 0;
    char hex[20];

    if (load(request, &data, &size, &group) < 0)
        return no_report();
    json_t *json = report_json((struct span){data, size});
    free(data);
    if (!json)
        return no_report();
    if (group) {
        api_group_text(group, hex);
        json_object_set_new(json, "group", json_string(hex));
    }
    return answer_json(200, json);
}
