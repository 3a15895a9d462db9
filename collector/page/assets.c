/* Which file lies at an address. Context: tool. */
#include "collector/page/assets.h"

#include <string.h>

const struct page_asset *page_asset_find(const char *address)
{
    for (size_t i = 0; i < page_asset_count; i++) {
        if (strcmp(page_assets[i].address, address) == 0)
            return &page_assets[i];
    }
    return NULL;
}
