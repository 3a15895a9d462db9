/*
 * A bump allocator over memory that somebody else reserved: nothing grows,
 * nothing is freed one by one. Context: any.
 */
#ifndef INQUEST_PROTO_BASE_ARENA_H
#define INQUEST_PROTO_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena {
    uint8_t *data; /* borrowed, 16-byte aligned, all zero at the start */
    size_t capacity;
    size_t used_bytes;
};

/* size_bytes zeroed bytes, 16-byte aligned; NULL when the arena is full. */
static inline void *arena_alloc(struct arena *arena, size_t size_bytes)
{
    size_t rounded = (size_bytes + 15) & ~(size_t)15;

    if (rounded < size_bytes || rounded > arena->capacity - arena->used_bytes)
        return NULL;
    void *memory = arena->data + arena->used_bytes;
    arena->used_bytes += rounded;
    return memory;
}

/* A copy of string, at most limit bytes of it; NULL when the arena is full. */
static inline char *arena_string(struct arena *arena, const char *string,
                                 size_t limit)
{
    size_t size = strnlen(string, limit);
    char *copy = arena_alloc(arena, size + 1);
    if (copy)
        memcpy(copy, string, size);
    return copy;
}

#endif
