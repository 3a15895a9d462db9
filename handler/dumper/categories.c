/* Memory by kind, and whether it is worth its time. Context: tool. */
#include "handler/dumper/categories.h"

#include <stdio.h>
#include <string.h>

#include "proto/memory_sample.h"
#include "proto/report_set.h"

#define NOTE_BYTES    128
#define BYTES_PER_MIB (1u << 20)
/* malloc's further arenas begin at such multiples (HEAP_MAX_SIZE in glibc's
 * malloc/arena.c). */
#define ARENA_ALIGNMENT (64ull << 20)

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool holds_a_stack(const struct target *target,
                          const struct target_mapping *mapping)
{
    for (size_t i = 0; target && i < target->thread_count; i++) {
        const struct target_thread *thread = &target->threads[i];
        uint64_t pointer = thread->registers[TARGET_RSP];
        if (thread->stopped && pointer >= mapping->begin &&
            pointer < mapping->end)
            return true;
    }
    return false;
}

static bool is_shared(const struct target_mapping *mapping)
{
    return mapping->shared || starts(mapping->path, "/dev/shm/") ||
           starts(mapping->path, "/memfd:") || starts(mapping->path, "/SYSV") ||
           starts(mapping->path, "/dev/zero");
}

uint64_t *category_of(struct category_sums *sums, const struct target *target,
                      const struct target_mapping *mapping,
                      bool *ret_file_backed)
{
    bool arena =
        mapping->path[0] == '\0' && mapping->begin % ARENA_ALIGNMENT == 0;

    *ret_file_backed = false;
    if (arena || starts(mapping->path, "[heap]"))
        return &sums->heap;
    if (starts(mapping->path, "[stack") || holds_a_stack(target, mapping))
        return &sums->stack;
    if (is_shared(mapping))
        return &sums->shared;
    if (mapping->path[0] != '/')
        return &sums->anonymous;
    *ret_file_backed = true;
    return &sums->file;
}

static Inquest__V1__MemoryCategories *categories_new(struct build *build)
{
    Inquest__V1__MemoryCategories *out = build_alloc(build, sizeof *out);

    if (out)
        inquest__v1__memory_categories__init(out);
    return out;
}

void categories_of_sampler(struct build *build,
                           const struct box_sampler *sampler)
{
    Inquest__V1__MemoryCategories *out = sampler ? categories_new(build) : NULL;

    if (out && memory_categories_fill(sampler, out))
        build->report.memory->categories = out;
}

static uint64_t last_rss_bytes(const struct build *build)
{
    const Inquest__V1__Memory *memory = build->report.memory;

    return memory->n_samples ? memory->samples[memory->n_samples - 1]->rss_bytes
                             : 0;
}

static uint64_t predict_us(const struct build *build, unsigned us_per_mapping)
{
    return last_rss_bytes(build) / BYTES_PER_MIB * CATEGORIES_US_PER_MIB +
           build->target->mapping_count * us_per_mapping;
}

static void note_price(struct build *build, uint64_t predicted_us)
{
    char note[NOTE_BYTES];

    (void)snprintf(note, sizeof note,
                   "memory by kind was not read: it would have taken %llu ms",
                   (unsigned long long)(predicted_us / 1000u));
    build_note(build, note);
}

/* The cheap way first; false: with a note. */
static bool read_sums(struct build *build, struct category_sums *ret_sums)
{
    uint64_t limit_us = build->report.kind == INQUEST__V1__KIND__CRASH
                            ? CATEGORIES_CRASH_US_MAX
                            : CATEGORIES_US_MAX;
    uint64_t scan_us = predict_us(build, CATEGORIES_SCAN_US_PER_MAPPING);
    uint64_t smaps_us = predict_us(build, CATEGORIES_SMAPS_US_PER_MAPPING);

    if (scan_us > limit_us) {
        note_price(build, scan_us);
        return false;
    }
    if (categories_scan(build->target, ret_sums) == 0)
        return true;
    if (smaps_us > limit_us) {
        note_price(build, smaps_us);
        return false;
    }
    if (categories_smaps(build->target, ret_sums) == 0)
        return true;
    build_note(build, "memory by kind could not be read (smaps)");
    return false;
}

void categories_of_process(struct build *build)
{
    struct category_sums sums;
    Inquest__V1__MemoryCategories *out = NULL;

    if (read_sums(build, &sums))
        out = categories_new(build);
    if (!out)
        return;
    SET(out, MEMORY_CATEGORIES, heap_bytes, HEAP_BYTES, sums.heap);
    SET(out, MEMORY_CATEGORIES, stack_bytes, STACK_BYTES, sums.stack);
    SET(out, MEMORY_CATEGORIES, file_bytes, FILE_BYTES, sums.file);
    SET(out, MEMORY_CATEGORIES, shared_bytes, SHARED_BYTES, sums.shared);
    SET(out, MEMORY_CATEGORIES, anonymous_bytes, ANONYMOUS_BYTES,
        sums.anonymous);
    SET(out, MEMORY_CATEGORIES, proportional_bytes, PROPORTIONAL_BYTES,
        sums.proportional);
    SET(out, MEMORY_CATEGORIES, private_bytes, PRIVATE_BYTES,
        sums.private_bytes);
    build->report.memory->categories = out;
}
