/*
 * Strings, each once, by number from 0 in the order of coming; and small
 * fixed-size keys the same way (struct tuple_set). Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_STRING_SET_H
#define INQUEST_SYMBOLICATE_WORKER_STRING_SET_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define STRING_SET_NONE  UINT32_MAX
#define STRING_BYTES_MAX 65535        /* longer ones are cut */
#define STRINGS_MAX      (1u << 26)   /* in one set */
#define STRINGS_BYTES    (1ull << 30) /* in one set */

/* A chained hash table over entries held elsewhere. */
struct chains {
    uint32_t *heads; /* index + 1 of the newest entry, 0 for none */
    size_t head_count;
};

struct string_entry {
    uint64_t hash;
    uint32_t offset; /* into text */
    uint32_t size;   /* without the NUL */
    uint32_t next;   /* index + 1 */
};

struct string_set {
    struct chains chains;
    struct string_entry *at;
    size_t count, capacity;
    char *text;
    size_t text_size, text_capacity;
};

/* Fails with -ENOMEM, -ERR_LIMIT. */
MUST_CHECK int string_set_add(struct string_set *set, const char *string,
                              uint32_t *ret_index);
const char *string_set_get(const struct string_set *set, uint32_t index);
void string_set_clear(struct string_set *set);

#define TUPLE_WORDS 4
#define TUPLES_MAX  (1u << 27)

struct tuple {
    uint32_t word[TUPLE_WORDS];
};

struct tuple_entry {
    struct tuple tuple;
    uint32_t next; /* index + 1 */
};

struct tuple_set {
    struct chains chains;
    struct tuple_entry *at;
    size_t count, capacity;
};

/* Fails with -ENOMEM, -ERR_LIMIT. */
MUST_CHECK int tuple_set_add(struct tuple_set *set, struct tuple tuple,
                             uint32_t *ret_index);
void tuple_set_clear(struct tuple_set *set);

#endif
