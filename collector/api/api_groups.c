/* Groups over HTTP. Context: tool. */
#include <errno.h>
#include <string.h>

#include "collector/api/api.h"
#include "collector/collector.h"
#include "collector/signature/signature.h"

static struct answer no_group(void)
{
    return answer_error(404, "no group with this id");
}

struct answer api_groups(struct request *request)
{
    struct store_filter filter;
    const char *why = NULL;

    if (api_filter(request, &filter, &why) < 0)
        return answer_error(400, why);
    return answer_json(
        200, store_groups(request->collector->store, &filter, clock_ms()));
}

struct answer api_group(struct request *request)
{
    int64_t group = 0;

    if (api_group_id(request->id, &group) < 0)
        return no_group();
    json_t *json = store_group(request->collector->store, request->project,
                               group, clock_ms());
    return json ? answer_json(200, json) : no_group();
}

static int parse_status(const json_t *json, enum store_status *ret_status)
{
    static const char *const names[] = {"open", "resolved", "muted"};
    const char *status = json_string_value(json_object_get(json, "status"));

    for (int i = 0; status && i < (int)ARRAY_LENGTH(names); i++) {
        if (strcmp(status, names[i]) == 0) {
            *ret_status = (enum store_status)i;
            return 0;
        }
    }
    return -EINVAL;
}

static int set_status(struct request *request, int64_t group,
                      const json_t *json)
{
    json_t *version = json_object_get(json, "resolvedVersion");
    enum store_status status;

    if (parse_status(json, &status) < 0 ||
        (version && !json_is_string(version) && !json_is_null(version)) ||
        json_string_length(version) > STORE_TEXT_BYTES_MAX)
        return -EINVAL;
    return store_set_status(request->collector->store, request->project, group,
                            status, json_string_value(version));
}

struct answer api_group_set(struct request *request)
{
    int64_t group = 0;

    if (api_group_id(request->id, &group) < 0)
        return no_group();
    json_t *json = json_loadb(request->body ? request->body : "",
                              request->body_bytes, 0, NULL);
    int r = set_status(request, group, json);
    json_decref(json);
    if (r == -EINVAL) {
        return answer_error(400, "expected {\"status\": open, resolved or "
                                 "muted, \"resolvedVersion\": text}");
    }
    if (r == -ERR_NOT_FOUND)
        return no_group();
    if (r < 0)
        return answer_later(503, 1, "the store cannot write now");
    return api_group(request);
}

/* Takes evidence. */
static struct answer explain(int64_t project, int64_t group, json_t *evidence)
{
    static const char *const parts[] = {"signal", "code", "abortMessage",
                                        "exception"};
    json_t *steps = json_array();
    json_t *told = json_object();
    struct signature signature;
    char hex[20];

    signature_make(project, evidence, steps, &signature);
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        json_t *value = json_object_get(evidence, parts[i]);
        if (value)
            json_object_set(told, parts[i], value);
    }
    json_decref(evidence);
    api_group_text(group, hex);
    return answer_json(200, json_pack("{s:s,s:s,s:s,s:i,s:o,s:o}", "group", hex,
                                      "signature", signature.title, "detail",
                                      signature.subtitle, "algorithmVersion",
                                      (int)SIGNATURE_ALGORITHM, "steps", steps,
                                      "parts", told));
}

struct answer api_group_explain(struct request *request)
{
    int64_t group = 0;

    if (api_group_id(request->id, &group) < 0)
        return no_group();
    json_t *evidence = store_evidence(request->collector->store,
                                      request->project, NULL, &group);
    return evidence ? explain(request->project, group, evidence) : no_group();
}

struct answer api_report_explain(struct request *request)
{
    uint8_t id[STORE_ID_BYTES];
    int64_t group = 0;
    json_t *evidence = NULL;

    if (api_report_id(request->id, id) == 0) {
        evidence = store_evidence(request->collector->store, request->project,
                                  id, &group);
    }
    return evidence ? explain(request->project, group, evidence)
                    : answer_error(404, "no report with this id, or one of a "
                                        "kind that has no groups");
}

struct answer api_versions(struct request *request)
{
    return answer_json(200, store_versions(request->collector->store,
                                           request->project,
                                           request_argument(request, "app")));
}

struct answer api_facets(struct request *request)
{
    return answer_json(
        200, store_facets(request->collector->store, request->project));
}
