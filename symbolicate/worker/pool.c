/* Interning, by address first. Context: tool. */
#include "symbolicate/worker/pool.h"

#include "symbolicate/worker/array.h"

int pool_string(struct pool *pool, const char *string, uint32_t *ret_index)
{
    if (!string || !*string) {
        *ret_index = POOL_NONE;
        return 0;
    }
    uint32_t known = hash_map_get(&pool->by_pointer, (uintptr_t)string);
    if (known != HASH_MAP_NONE) {
        *ret_index = known;
        return 0;
    }
    int r = string_set_add(&pool->strings, string, ret_index);
    if (r == 0)
        r = hash_map_add(&pool->by_pointer, (uintptr_t)string, *ret_index);
    return r;
}

int pool_record(struct pool *pool, struct tuple record, uint32_t *ret_index)
{
    return tuple_set_add(&pool->records, record, ret_index);
}

int pool_segment(struct pool *pool, struct segment segment)
{
    struct segments *segments = &pool->segments;

    if (segments->count > 0) {
        struct segment *last = &segments->at[segments->count - 1];
        if (last->end == segment.begin && last->record == segment.record &&
            last->unit == segment.unit) {
            last->end = segment.end;
            return 0;
        }
    }
    int r = ARRAY_ROOM(segments, SEGMENTS_MAX);
    if (r == 0)
        segments->at[segments->count++] = segment;
    return r;
}

void pool_forget_pointers(struct pool *pool)
{
    hash_map_clear(&pool->by_pointer);
}

void pool_clear(struct pool *pool)
{
    string_set_clear(&pool->strings);
    tuple_set_clear(&pool->records);
    hash_map_clear(&pool->by_pointer);
    free(pool->segments.at);
    pool->segments = (struct segments){0};
}
