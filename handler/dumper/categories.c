/* smaps to bytes by kind. Context: tool. */
#include "handler/dumper/categories.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/memory_sample.h"
#include "proto/report_set.h"

#define BLOCK_BYTES     65536
#define NOTE_BYTES      128
#define BYTES_PER_KIB   1024u
#define BYTES_PER_MIB   (1u << 20)
#define SMAPS_BYTES_MAX (64u << 20)
/* malloc's further arenas begin at such multiples (HEAP_MAX_SIZE in glibc's
 * malloc/arena.c). */
#define ARENA_ALIGNMENT (64ull << 20)

static bool starts(const char *text, size_t size, const char *with)
{
    size_t length = strlen(with);

    return size >= length && memcmp(text, with, length) == 0;
}

/* The path column of a mapping's first line, "" where there is none. */
static const char *path_of(const char *line, size_t size, size_t *ret_size)
{
    const char *end = line + size;
    const char *at = line;

    for (int column = 0; column < 5 && at; column++) {
        at = memchr(at, ' ', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    while (at && at < end && *at == ' ')
        at++;
    *ret_size = at ? (size_t)(end - at) : 0;
    return at ? at : end;
}

static bool holds_a_stack(const struct target *target, uint64_t begin,
                          uint64_t end)
{
    for (size_t i = 0; target && i < target->thread_count; i++) {
        const struct target_thread *thread = &target->threads[i];
        uint64_t pointer = thread->registers[TARGET_RSP];
        if (thread->stopped && pointer >= begin && pointer < end)
            return true;
    }
    return false;
}

static bool is_shared(const char *path, size_t size, char sharing)
{
    return sharing == 's' || starts(path, size, "/dev/shm/") ||
           starts(path, size, "/memfd:") || starts(path, size, "/SYSV") ||
           starts(path, size, "/dev/zero");
}

/* "begin-end perms offset device inode path" */
static void begin_mapping(struct category_parser *parser, const char *line,
                          size_t size)
{
    struct category_sums *sums = &parser->sums;
    const char *at = line;
    const char *limit = line + size;
    uint64_t begin = 0;
    uint64_t end = 0;
    size_t path_size = 0;

    if (fmt_parse_u64(&at, limit, 16, &begin) < 0 || at == limit)
        return;
    at++;
    if (fmt_parse_u64(&at, limit, 16, &end) < 0 || limit - at < 6)
        return;
    const char *path = path_of(line, size, &path_size);
    parser->file_backed = false;
    bool arena = path_size == 0 && begin % ARENA_ALIGNMENT == 0;
    if (arena || starts(path, path_size, "[heap]")) {
        parser->current = &sums->heap;
    } else if (starts(path, path_size, "[stack") ||
               holds_a_stack(parser->target, begin, end)) {
        parser->current = &sums->stack;
    } else if (is_shared(path, path_size, at[4])) {
        parser->current = &sums->shared;
    } else if (starts(path, path_size, "/")) {
        parser->current = &sums->file;
        parser->file_backed = true;
    } else {
        parser->current = &sums->anonymous;
    }
}

static uint64_t bytes_of(const char *line, size_t size, const char *key)
{
    uint64_t kib = 0;

    return fmt_find_u64(line, size, key, &kib) < 0 ? 0 : kib * BYTES_PER_KIB;
}

void category_line(struct category_parser *parser, const char *line,
                   size_t size)
{
    struct category_sums *sums = &parser->sums;
    bool is_figure = size > 0 && line[0] >= 'A' && line[0] <= 'Z';

    if (!is_figure) {
        begin_mapping(parser, line, size);
        return;
    }
    if (!parser->current)
        return;
    *parser->current += bytes_of(line, size, "Rss:");
    sums->proportional += bytes_of(line, size, "Pss:");
    sums->private_bytes += bytes_of(line, size, "Private_Clean:") +
                           bytes_of(line, size, "Private_Dirty:");
    if (parser->file_backed) { /* written pages of a private mapping */
        uint64_t written = bytes_of(line, size, "Anonymous:");
        sums->file -= written < sums->file ? written : sums->file;
        sums->anonymous += written;
    }
}

/* Feeds whole lines; a line longer than the block is cut. */
static bool read_smaps(int fd, struct category_parser *parser)
{
    static char block[BLOCK_BYTES];
    size_t used = 0;
    size_t total = 0;

    for (;;) {
        ssize_t n = read(fd, block + used, sizeof block - used);
        if (n < 0 || total > SMAPS_BYTES_MAX)
            return false;
        if (n == 0)
            return total > 0;
        used += (size_t)n;
        total += (size_t)n;
        const char *line = block;
        const char *end = block + used;
        for (const char *next;
             (next = memchr(line, '\n', (size_t)(end - line))); line = next + 1)
            category_line(parser, line, (size_t)(next - line));
        used = line == block && used == sizeof block ? 0 : (size_t)(end - line);
        memmove(block, line, used);
    }
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

static bool is_affordable(struct build *build)
{
    char note[NOTE_BYTES];
    uint64_t limit_us = build->report.kind == INQUEST__V1__KIND__CRASH
                            ? CATEGORIES_CRASH_US_MAX
                            : CATEGORIES_US_MAX;
    uint64_t predicted_us =
        last_rss_bytes(build) / BYTES_PER_MIB * CATEGORIES_US_PER_MIB +
        build->target->mapping_count * CATEGORIES_US_PER_MAPPING;

    if (predicted_us <= limit_us)
        return true;
    (void)snprintf(note, sizeof note,
                   "memory by kind was not read: it would have taken %llu ms",
                   (unsigned long long)(predicted_us / 1000u));
    build_note(build, note);
    return false;
}

void categories_of_process(struct build *build)
{
    struct category_parser parser = {.target = build->target};
    char path[64];

    if (!is_affordable(build))
        return;
    (void)snprintf(path, sizeof path, "/proc/%d/smaps", build->target->pid);
    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    Inquest__V1__MemoryCategories *out = categories_new(build);
    if (fd < 0 || !out || !read_smaps(fd, &parser)) {
        build_note(build, "memory by kind could not be read (smaps)");
        return;
    }
    SET(out, MEMORY_CATEGORIES, heap_bytes, HEAP_BYTES, parser.sums.heap);
    SET(out, MEMORY_CATEGORIES, stack_bytes, STACK_BYTES, parser.sums.stack);
    SET(out, MEMORY_CATEGORIES, file_bytes, FILE_BYTES, parser.sums.file);
    SET(out, MEMORY_CATEGORIES, shared_bytes, SHARED_BYTES, parser.sums.shared);
    SET(out, MEMORY_CATEGORIES, anonymous_bytes, ANONYMOUS_BYTES,
        parser.sums.anonymous);
    SET(out, MEMORY_CATEGORIES, proportional_bytes, PROPORTIONAL_BYTES,
        parser.sums.proportional);
    SET(out, MEMORY_CATEGORIES, private_bytes, PRIVATE_BYTES,
        parser.sums.private_bytes);
    build->report.memory->categories = out;
}
