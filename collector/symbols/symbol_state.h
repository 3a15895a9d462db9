/* What is known of the debug files behind frames. Context: tool. */
#ifndef INQUEST_COLLECTOR_SYMBOL_STATE_H
#define INQUEST_COLLECTOR_SYMBOL_STATE_H

#include "proto/symbol_fill.h"

/* Sets report's "symbolication", as the API shows it. */
void symbol_state_set(const struct symbol_fill *fill, json_t *report);

/*
 * Appends the build-ids of evidence's frames for which there is no debug
 * information, or nobody could say (fill->client NULL or gone).
 */
void symbol_state_missing(const struct symbol_fill *fill,
                          const json_t *evidence, json_t *missing);

#endif
