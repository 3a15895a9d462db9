/* Sessions, health and figures over HTTP. Context: tool. */
#include "collector/access/access.h"
#include "collector/api/api.h"
#include "collector/collector.h"
#include "collector/metrics.h"

struct answer api_session(struct request *request)
{
    struct collector *collector = request->collector;
    int64_t project = 0;
    bool in = access_page(collector->access, request, &project);
    json_t *json = json_pack("{s:b,s:b}", "authenticated", in, "required",
                             access_required(collector->access));

    if (json && in) {
        json_t *projects = store_projects(collector->store, project);
        json_object_set(json, "project", json_array_get(projects, 0));
        json_object_set_new(json, "projects", projects);
    }
    return answer_json(200, json);
}

struct answer api_log_in(struct request *request)
{
    json_t *json = json_loadb(request->body ? request->body : "",
                              request->body_bytes, 0, NULL);
    const char *password = json_string_value(json_object_get(json, "password"));
    struct answer answer =
        password ? access_log_in(request->collector->access, request, password)
                 : answer_error(400, "expected {\"password\": text}");

    json_decref(json);
    return answer;
}

struct answer api_log_out(struct request *request)
{
    return access_log_out(request->collector->access, request);
}

struct answer api_health(struct request *request)
{
    struct store_stats stats;

    if (store_stats(request->collector->store, &stats) < 0)
        return answer_error(503, "the database does not answer");
    return answer_json(200, json_pack("{s:s,s:s}", "status", "ok", "version",
                                      INQUEST_VERSION));
}

struct answer api_metrics(struct request *request)
{
    struct store_stats stats;

    if (store_stats(request->collector->store, &stats) < 0)
        return answer_error(503, "the database does not answer");
    return metrics_text(&stats);
}
