/*
 * Names for the frames of a report's JSON (report_to_json with expanded
 * frames), from a symbol_client: function, file and line of each, inlined
 * frames before the one that holds them. Frames that were filled before are
 * filled anew. Context: tool.
 */
#ifndef INQUEST_PROTO_SYMBOL_FILL_H
#define INQUEST_PROTO_SYMBOL_FILL_H

#include <stddef.h>

#include "proto/symbol_client.h"

#define SYMBOL_FILL_FRAMES_MAX  20000 /* of one report */
#define SYMBOL_FILL_INLINED_MAX 64    /* of one address */

struct symbol_fill {
    struct symbol_client *client;
    bool by_path; /* use the module at its path; else by build-id alone */
    size_t frames_left;
    int64_t until_ms; /* CLOCK_MONOTONIC; later frames stay as they are */
};

/* At most SYMBOL_FILL_FRAMES_MAX frames, within wait_ms. */
struct symbol_fill symbol_fill_init(struct symbol_client *client, bool by_path,
                                    int64_t wait_ms);

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
