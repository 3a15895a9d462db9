/* Deletion requests over HTTP. Context: tool. */
#include <stdbool.h>
#include <string.h>

#include "collector/api/api.h"
#include "collector/collector.h"
#include "collector/intake/janitor.h"

static bool is_name(const char *text)
{
    return text && strlen(text) <= STORE_TEXT_BYTES_MAX;
}

static struct answer add(struct request *request,
                         const struct store_whose *whose)
{
    char id[STORE_DELETION_BYTES];

    if (!is_name(whose->installation) || !*whose->installation ||
        !is_name(whose->mac)) {
        return answer_error(400, "expected {\"installationId\": text, "
                                 "\"macAddress\": text or absent}");
    }
    int r =
        store_deletion_add(request->collector->store, whose, clock_ms(), id);
    if (r < 0)
        return answer_later(503, 1, "the store cannot write now");
    janitor_wake(request->collector->janitor);
    return answer_json(202,
                       json_pack("{s:s,s:s}", "id", id, "state", "accepted"));
}

struct answer api_deletion_add(struct request *request)
{
    json_t *json = json_loadb(request->body ? request->body : "",
                              request->body_bytes, 0, NULL);
    const json_t *mac = json_object_get(json, "macAddress");
    struct store_whose whose = {
        .project = request->project,
        .installation =
            json_string_value(json_object_get(json, "installationId")),
        .mac = mac ? json_string_value(mac) : "",
    };
    struct answer answer = add(request, &whose);

    json_decref(json);
    return answer;
}

struct answer api_deletion(struct request *request)
{
    json_t *json = store_deletion(request->collector->store, request->project,
                                  request->id);

    return json ? answer_json(200, json)
                : answer_error(404, "no deletion request with this id");
}
