/*
 * What debuginfod servers did not have, remembered in the cache store: a small
 * file each, which names the servers and the reason, and whose modification
 * time is when it ends. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_ABSENCE_H
#define INQUEST_SYMBOLICATE_ABSENCE_H

#include <stdbool.h>

#include "symbolicate/cache/cache_store.h"
#include "symbolicate/find/debuginfod.h"

#define ABSENCE_SECONDS_MAX  86400     /* one that ends later is not believed */
#define ABSENCE_OF_ALL_FILES "servers" /* in place of a build-id */

/* Whether name, a build-id, is known to be absent at urls; and why. */
bool absence_known(const struct debuginfod *debuginfod, const char *name,
                   char why[DEBUGINFOD_WHY_BYTES]);

/* Best effort: what cannot be written is asked for again. */
void absence_remember(const struct debuginfod *debuginfod, const char *name,
                      const char *why, unsigned seconds);

#endif
