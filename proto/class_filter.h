/*
 * The one consent filter: takes out of a message whatever is not allowed. It
 * walks any message by its descriptor and the class table; a field without an
 * entry in the table, and every unknown field, goes. Used at recording
 * (dumper), at preview and at sending (reporter). Context: tool.
 */
#ifndef INQUEST_PROTO_CLASS_FILTER_H
#define INQUEST_PROTO_CLASS_FILTER_H

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

#include "proto/data_class.h"
#include "proto/message_walk.h"

/*
 * Clears every field of message, at any depth, whose class is not in the mask
 * of CLASS_BIT()s; drops unknown fields; makes every string UTF-8 (in place:
 * utf8_repair). What is cleared is freed with allocator (the one message was
 * unpacked with; NULL: protobuf-c's default).
 * Returns the number of fields cleared. Cannot fail: a message it cannot walk
 * further down is cleared whole.
 */
size_t class_filter(ProtobufCMessage *message, uint32_t allowed_classes,
                    ProtobufCAllocator *allocator);

/* Clears one field of a message that the default allocator unpacked. */
void class_clear_field(struct field_view *view);

/* Where a string may hold paths or names (free_text in the schema). */
struct text_rewriter {
    /*
     * Called with each such string of a message and what the schema says of
     * its field. 1: *ret_changed, from malloc, takes its place; 0: it stays;
     * negative: nothing may be said of it, so it is emptied.
     */
    int (*rewrite)(void *context, const struct data_field *field,
                   const char *text, char **ret_changed);
    void *context;
};

/* Calls rewriter on every free_text string, at any depth, map values too. */
void class_rewrite_text(ProtobufCMessage *message,
                        const struct text_rewriter *rewriter);

#endif
