/* A bucket an address. Context: tool. */
#include "collector/access/log_in_limit.h"

#include <string.h>

#include "proto/base/crc32c.h"

static unsigned place(const char *address)
{
    return crc32c(0, address, strlen(address)) % LOG_IN_PLACES;
}

int64_t log_in_limit_wait(const struct log_in_limit *limit, const char *address,
                          int64_t now_ms)
{
    int64_t full = (LOG_IN_BURST - 1) * (int64_t)LOG_IN_INTERVAL_MS;
    int64_t wait = limit->free_at_ms[place(address)] - now_ms - full;

    return wait > 0 ? wait : 0;
}

void log_in_limit_count(struct log_in_limit *limit, const char *address,
                        int64_t now_ms)
{
    int64_t *free_at = &limit->free_at_ms[place(address)];

    *free_at = (*free_at > now_ms ? *free_at : now_ms) + LOG_IN_INTERVAL_MS;
}
