/* The table of addresses. Context: tool. */
#include "collector/http/route.h"

#include <string.h>

#include "collector/api/api.h"
#include "collector/intake/ingest.h"
#include "collector/symbols/debug_upload.h"

static const struct route routes[] = {
    {"POST", "/v1/reports", NEED_INGEST, INGEST_BODY_BYTES_MAX, api_ingest},
    {"POST", "/v1/deletion-requests", NEED_INGEST, ROUTE_SMALL_BYTES,
     api_deletion_add},
    {"GET", "/v1/deletion-requests/*", NEED_INGEST, 0, api_deletion},
    {"GET", "/v1/session", NEED_NOTHING, 0, api_session},
    {"POST", "/v1/session", NEED_ORIGIN, ROUTE_SMALL_BYTES, api_log_in},
    {"DELETE", "/v1/session", NEED_ORIGIN, 0, api_log_out},
    {"GET", "/v1/groups", NEED_PAGE, 0, api_groups},
    {"GET", "/v1/groups/*", NEED_PAGE, 0, api_group},
    {"PATCH", "/v1/groups/*", NEED_PAGE, ROUTE_SMALL_BYTES, api_group_set},
    {"GET", "/v1/groups/*/explain", NEED_PAGE, 0, api_group_explain},
    {"GET", "/v1/reports", NEED_PAGE, 0, api_reports},
    {"GET", "/v1/reports/*", NEED_PAGE, 0, api_report},
    {"GET", "/v1/reports/*/raw", NEED_PAGE, 0, api_report_raw},
    {"GET", "/v1/reports/*/explain", NEED_PAGE, 0, api_report_explain},
    {"GET", "/v1/versions", NEED_PAGE, 0, api_versions},
    {"GET", "/v1/facets", NEED_PAGE, 0, api_facets},
    {"GET", "/v1/symbols/*", NEED_INGEST, 0, api_symbols_look},
    {"PUT", "/v1/symbols/*", NEED_INGEST, DEBUG_UPLOAD_CHUNK_BYTES_MAX,
     api_symbols_put},
    {"GET", "/healthz", NEED_NOTHING, 0, api_health},
    {"GET", "/metrics", NEED_PAGE, 0, api_metrics},
};

/* Whether path fits pattern; the part at '*' goes to id. */
static bool fits(const char *pattern, const char *path,
                 char id[REQUEST_ID_BYTES])
{
    const char *star = strchr(pattern, '*');

    if (!star)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(star - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    size_t size = strcspn(path + before, "/");
    if (size == 0 || size >= REQUEST_ID_BYTES ||
        strcmp(path + before + size, star + 1) != 0)
        return false;
    memcpy(id, path + before, size);
    id[size] = '\0';
    return true;
}

const struct route *route_find(const char *method, const char *path,
                               char id[REQUEST_ID_BYTES], bool *ret_known)
{
    /* HEAD is GET without the body, which libmicrohttpd leaves out. */
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    *ret_known = false;
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (!fits(routes[i].pattern, path, id))
            continue;
        *ret_known = true;
        if (strcmp(routes[i].method, method) == 0)
            return &routes[i];
    }
    return NULL;
}
