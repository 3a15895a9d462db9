/*
 * The files of the page, embedded in the program by embed.py: index.html at
 * "/", the bundle at addresses that hold its content hash. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_PAGE_ASSETS_H
#define INQUEST_COLLECTOR_PAGE_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/span.h"

struct page_asset {
    const char *address;
    const char *content_type;
    const char *etag; /* quoted, as the header wants it */
    bool immutable;   /* the address changes with the content */
    struct span plain;
    struct span gzip; /* the same, compressed */
};

/* The generated table. */
extern const struct page_asset page_assets[];
extern const size_t page_asset_count;

/* NULL where there is none at this address. */
const struct page_asset *page_asset_find(const char *address);

#endif
