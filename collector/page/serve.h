/* The page over HTTP. Context: tool. */
#ifndef INQUEST_COLLECTOR_PAGE_SERVE_H
#define INQUEST_COLLECTOR_PAGE_SERVE_H

#include <microhttpd.h>

#include "collector/page/assets.h"

/*
 * Answers with asset: compressed where the browser takes that, 304 where it
 * has it. Its own policy allows the page's files and the collector's API, no
 * inline script or style, and no other host.
 */
enum MHD_Result page_serve(struct MHD_Connection *connection,
                           const struct page_asset *asset);

#endif
