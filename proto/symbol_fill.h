/*
 * Names for the frames of a report's JSON (report_to_json with expanded
 * frames), from a symbol_client: function, file and line of each, inlined
 * frames before the one that holds them. Frames that were filled before are
 * filled anew.
 *
 *     struct symbol_fill fill = symbol_fill_init(client, by_path, wait_ms);
 *     symbol_fill_report(&fill, report);
 *     … fill.unnamed, fill.modules …
 *     symbol_fill_end(&fill);
 *
 * Recursion and a thousand threads at one place repeat frames: each place is
 * asked for once. Context: tool.
 */
#ifndef INQUEST_PROTO_SYMBOL_FILL_H
#define INQUEST_PROTO_SYMBOL_FILL_H

#include <stddef.h>

#include "proto/symbol_client.h"

#define SYMBOL_FILL_PLACES_MAX  100000 /* asked for, of one report */
#define SYMBOL_FILL_KEPT_MAX    4096 /* answers that are not asked for again */
#define SYMBOL_FILL_INLINED_MAX 64   /* of one address */

struct symbol_fill {
    struct symbol_client *client;
    bool by_path;     /* use the module at its path; else by build-id alone */
    int64_t since_ms; /* of the report; a module without a build-id is not
                         looked at when its file changed later. 0: it is */
    int64_t until_ms; /* CLOCK_MONOTONIC; later frames stay as they are */
    size_t places_left;
    size_t unnamed;  /* frames that were not asked for: too many or too late */
    json_t *modules; /* {…: {"module", "debug"}}, by the first frame of each */
    json_t *answers; /* by module, build-id and address */
};

/* At most SYMBOL_FILL_PLACES_MAX places, within wait_ms; client is borrowed. */
struct symbol_fill symbol_fill_init(struct symbol_client *client, bool by_path,
                                    int64_t wait_ms);
void symbol_fill_end(struct symbol_fill *fill);

/* holder: an object with "frames". */
void symbol_fill_frames(struct symbol_fill *fill, json_t *holder);

/* All threads, heap sites, heap faults, and the exception's type. */
void symbol_fill_report(struct symbol_fill *fill, json_t *report);

/* Demangles object[key], a type's name. */
void symbol_fill_type(struct symbol_fill *fill, json_t *object,
                      const char *key);

/* What the child said of the debug file of a frame's module, or NULL. */
const json_t *symbol_fill_debug(const struct symbol_fill *fill,
                                const json_t *frame);

#endif
