/* Chunks, one header after the other. Context: tool. */
#include "handler/dumper/malloc_walk.h"

#include <stdio.h>
#include <string.h>

#include "proto/report_set.h"

#define BLOCK_BYTES     65536u
#define PAGE_BYTES      4096u
#define NOTE_BYTES      160
#define BYTES_PER_MIB   (1u << 20)
#define ARENA_ALIGNMENT (64ull << 20) /* thread arenas; not walked */

/* A chunk: size of the one before, its own size and flags, then the bytes. */
#define SIZE_OFFSET     8
#define SIZE_FLAGS      7u
#define PREVIOUS_IN_USE 1u
#define IS_MAPPED       2u
#define CHUNK_ALIGNMENT 16u

static struct window {
    uint64_t begin, end; /* addresses of what bytes holds */
    uint8_t bytes[BLOCK_BYTES];
} window;

/* Not through target_read: its cache is for pages that come again. */
static void move_window(const struct target *target, uint64_t address)
{
    uint64_t begin = address / PAGE_BYTES * PAGE_BYTES;

    window.begin = begin;
    window.end =
        begin + target_copy(target, begin, window.bytes, sizeof window.bytes);
}

static bool read_size_field(const struct target *target, uint64_t chunk,
                            uint64_t *ret_field)
{
    uint64_t at = chunk + SIZE_OFFSET;

    if (at < window.begin || at + sizeof *ret_field > window.end)
        move_window(target, at);
    if (at < window.begin || at + sizeof *ret_field > window.end)
        return false;
    memcpy(ret_field, window.bytes + (at - window.begin), sizeof *ret_field);
    return true;
}

/* Whether a chunk says of the one before it that it is in use. */
static bool walk_heap(const struct target *target, uint64_t begin, uint64_t end,
                      struct malloc_sums *sums)
{
    uint64_t field = 0;
    uint64_t before = 0; /* size of the chunk before */

    for (uint64_t at = begin; at < end; at += before) {
        if (!read_size_field(target, at, &field))
            return false;
        uint64_t size = field & ~(uint64_t)SIZE_FLAGS;
        if (size == 0 || size % CHUNK_ALIGNMENT != 0 || size > end - at)
            return false;
        if (field & PREVIOUS_IN_USE) {
            sums->used_bytes += before;
        } else {
            sums->free_bytes += before;
        }
        before = size;
    }
    sums->free_bytes += before; /* the last one is the top: never given out */
    return true;
}

/* Large blocks: each a mapping, which the kernel may have joined. */
static void walk_mapped(const struct target *target, uint64_t begin,
                        uint64_t end, struct malloc_sums *sums)
{
    uint64_t field;
    uint64_t at = begin;

    while (at < end && sums->mapped_count < MALLOC_BLOCKS_MAX) {
        if (target_copy(target, at + SIZE_OFFSET, &field, sizeof field) !=
            sizeof field)
            return;
        uint64_t size = field & ~(uint64_t)SIZE_FLAGS;
        if (!(field & IS_MAPPED) || size == 0 || size % PAGE_BYTES != 0 ||
            size > end - at)
            return;
        sums->mapped_bytes += size;
        sums->mapped_count++;
        at += size;
    }
}

static bool is_heap(const struct target_mapping *mapping)
{
    return strcmp(mapping->path, "[heap]") == 0;
}

/* After a fork the heap may be several mappings, one behind the other. */
static void find_heap(const struct target *target, uint64_t *ret_begin,
                      uint64_t *ret_end)
{
    *ret_begin = 0;
    *ret_end = 0;
    for (size_t i = 0; i < target->mapping_count; i++) {
        const struct target_mapping *mapping = &target->mappings[i];
        if (!is_heap(mapping))
            continue;
        if (*ret_end == 0)
            *ret_begin = mapping->begin;
        *ret_end = mapping->end;
    }
}

void malloc_walk(struct target *target, struct malloc_sums *ret_sums,
                 uint64_t *ret_us)
{
    uint64_t begin;
    uint64_t end;

    *ret_sums = (struct malloc_sums){0};
    *ret_us = 0;
    window.begin = 0;
    window.end = 0;
    find_heap(target, &begin, &end);
    uint64_t us = (end - begin) / BYTES_PER_MIB * MALLOC_WALK_US_PER_MIB;
    if (us > MALLOC_WALK_US_MAX) {
        *ret_us = us;
    } else {
        ret_sums->heap_known =
            end > begin && walk_heap(target, begin, end, ret_sums);
    }
    for (size_t i = 0; i < target->mapping_count; i++) {
        const struct target_mapping *mapping = &target->mappings[i];
        if (*mapping->path == '\0' && mapping->writable &&
            mapping->begin % ARENA_ALIGNMENT != 0)
            walk_mapped(target, mapping->begin, mapping->end, ret_sums);
    }
}

/* What was swapped out would come back for our reading it. */
static bool is_swapped(const struct build *build)
{
    const Inquest__V1__Memory *memory = build->report.memory;

    for (size_t i = memory ? memory->n_samples : 0; i > 0; i--) {
        const Inquest__V1__MemorySample *sample = memory->samples[i - 1];
        if (sample->has_swap_bytes_case ==
            INQUEST__V1__MEMORY_SAMPLE__HAS_SWAP_BYTES_SWAP_BYTES)
            return sample->swap_bytes > 0;
    }
    return false;
}

/* The kernel may refuse (Yama, not dumpable). */
static bool may_read(const struct target *target)
{
    for (size_t i = 0; i < target->mapping_count; i++) {
        if (target->mappings[i].writable) {
            move_window(target, target->mappings[i].begin);
            return window.end > window.begin;
        }
    }
    return false;
}

void build_malloc(struct build *build)
{
    Inquest__V1__Malloc *out = build_alloc(build, sizeof *out);
    struct malloc_sums sums;
    char note[NOTE_BYTES];
    uint64_t us;

    if (!out || !build->report.alarm || is_swapped(build))
        return;
    if (!may_read(build->target)) {
        build_note(build, "malloc's heap was not walked: the kernel lets "
                          "nobody read this program's memory");
        return;
    }
    malloc_walk(build->target, &sums, &us);
    if (us > 0) {
        (void)snprintf(note, sizeof note,
                       "malloc's heap was not walked: it would have taken "
                       "%llu ms",
                       (unsigned long long)us / 1000u);
        build_note(build, note);
    }
    inquest__v1__malloc__init(out);
    build->report.alarm->malloc = out;
    SET_KNOWN(out, MALLOC, used_bytes, USED_BYTES, sums.heap_known,
              sums.used_bytes);
    SET_KNOWN(out, MALLOC, free_bytes, FREE_BYTES, sums.heap_known,
              sums.free_bytes);
    SET(out, MALLOC, mapped_bytes, MAPPED_BYTES, sums.mapped_bytes);
    SET(out, MALLOC, mapped_count, MAPPED_COUNT, sums.mapped_count);
}
