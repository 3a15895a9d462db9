/* The page over HTTP. Context: tool. */
#include "collector/page/serve.h"

#include <string.h>

#define CACHE_FOR_EVER "public, max-age=31536000, immutable"
#define CACHE_ASK      "no-cache"
#define PAGE_POLICY                                               \
    "default-src 'none'; script-src 'self'; style-src 'self'; "   \
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; " \
    "form-action 'self'; frame-ancestors 'none'"

static const char *header(struct MHD_Connection *connection, const char *name)
{
    const char *value =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

    return value ? value : "";
}

static void add_headers(struct MHD_Response *response,
                        const struct page_asset *asset)
{
    const char *const headers[][2] = {
        {"Content-Type", asset->content_type},
        {"ETag", asset->etag},
        {"Cache-Control", asset->immutable ? CACHE_FOR_EVER : CACHE_ASK},
        {"Vary", "Accept-Encoding"},
        {"Content-Security-Policy", PAGE_POLICY},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
    };

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        (void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
}

enum MHD_Result page_serve(struct MHD_Connection *connection,
                           const struct page_asset *asset)
{
    bool gzip = strstr(header(connection, "Accept-Encoding"), "gzip") != NULL;
    bool known = strstr(header(connection, "If-None-Match"), asset->etag);
    struct span body = gzip ? asset->gzip : asset->plain;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        known ? 0 : body.size_bytes, (void *)(uintptr_t)body.data,
        MHD_RESPMEM_PERSISTENT);

    if (!response)
        return MHD_NO;
    add_headers(response, asset);
    if (gzip && !known)
        (void)MHD_add_response_header(response, "Content-Encoding", "gzip");
    enum MHD_Result r = MHD_queue_response(
        connection, known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return r;
}
