/*
 * Look-ups in the whole cache take no lock; the parts before it, and making
 * it, take one. Context: tool.
 */
#include "symbolicate/symbols.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "symbolicate/worker_run.h"

struct symbols {
    const struct cache_store *store;
    struct debug_file file;
    _Atomic(struct symbol_cache *) whole;
    atomic_bool lacks_split; /* as the units read so far say */
    pthread_mutex_t lock;    /* of what follows */
    struct symbol_cache *parts[SYMBOLS_PARTS_MAX];
    size_t part_count;
    bool part_failed;   /* the worker could not make one: not tried again */
    atomic_bool failed; /* nor the whole */
    struct symbol_cache *torn; /* kept: its strings may be in use */
};

/* Whether a file is the one the cache was made of; true where one is gone. */
static bool may_be(const struct cache_source *source, const char *path,
                   const struct elf_peek *peek)
{
    return *path == '\0' || source->size_bytes == 0 ||
           (source->size_bytes == peek->size_bytes &&
            source->mtime_ns == peek->mtime_ns);
}

/*
 * Whether a cache of this build-id is made of the files that are there now, as
 * far as they are: what a server once sent is not, and its cache as good.
 */
static bool is_current(const struct symbols *symbols,
                       const struct cache_header *header, int64_t age_s)
{
    const struct debug_file *file = &symbols->file;

    if ((header->flags & CACHE_PARTIAL) ||
        ((header->flags & CACHE_NO_SPLIT) && age_s > SYMBOLS_SPLIT_AGAIN_S) ||
        !may_be(&header->main, file->main, &file->main_peek) ||
        !may_be(&header->debug, file->debug, &file->debug_peek))
        return false;
    /* Names alone are enough only until there is a file it was not made of. */
    return (header->flags & CACHE_DWARF) ||
           ((*file->debug == '\0' || header->debug.size_bytes > 0) &&
            (*file->main == '\0' || header->main.size_bytes > 0));
}

/* The kept cache, where there is one that fits. */
static struct symbol_cache *open_kept(const struct symbols *symbols)
{
    struct symbol_cache *cache = NULL;
    struct stat status;

    OWNED_FD fd = cache_store_find(symbols->store, symbols->file.build_id);
    if (fd < 0 || fstat(fd, &status) < 0)
        return NULL;
    if (symbol_cache_open(fd, &cache) < 0 ||
        !is_current(symbols, symbol_cache_header(cache),
                    time(NULL) - status.st_mtime))
        symbol_cache_close(&cache);
    return cache;
}

static bool has_dwarf(const struct symbol_cache *cache)
{
    return cache && (symbol_cache_header(cache)->flags & CACHE_DWARF);
}

/* cache NULL: nothing is known. */
static void note_lacks(struct symbols *symbols,
                       const struct symbol_cache *cache)
{
    if (cache && (symbol_cache_header(cache)->flags & CACHE_NO_SPLIT))
        atomic_store(&symbols->lacks_split, true);
}

struct symbols *symbols_open(const struct debug_search *search,
                             const struct cache_store *store)
{
    struct symbols *symbols = calloc(1, sizeof *symbols);

    if (!symbols)
        return NULL;
    symbols->store = store;
    (void)pthread_mutex_init(&symbols->lock, NULL); /* cannot fail, NPTL */
    debug_file_find(search, &symbols->file);
    struct symbol_cache *kept = open_kept(symbols);
    if (search->debuginfod && !has_dwarf(kept)) {
        debug_file_fetch(&symbols->file, search->debuginfod);
        if (symbols->file.debug_fd >= 0)
            symbol_cache_close(&kept); /* there is better now */
    }
    note_lacks(symbols, kept);
    atomic_store(&symbols->whole, kept);
    if (kept && symbols->file.state < DEBUG_FOUND) {
        symbols->file.state = has_dwarf(kept) ? DEBUG_FOUND : DEBUG_SYMTAB;
    }
    return symbols;
}

void symbols_close(struct symbols **symbols)
{
    struct symbols *s = *symbols;

    if (!s)
        return;
    struct symbol_cache *whole = atomic_load(&s->whole);
    symbol_cache_close(&whole);
    symbol_cache_close(&s->torn);
    for (size_t i = 0; i < s->part_count; i++)
        symbol_cache_close(&s->parts[i]);
    debug_file_clear(&s->file);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
    *symbols = NULL;
}

const struct debug_file *symbols_file(const struct symbols *symbols)
{
    return &symbols->file;
}

const char *symbols_tried(const struct symbols *symbols, size_t index)
{
    const struct debug_file *file = &symbols->file;

    if (index < file->tried_count)
        return file->tried[index];
    return index == file->tried_count && atomic_load(&symbols->lacks_split)
               ? "split units (.dwo files, or one .dwp): some were not found"
               : NULL;
}

/* By lock. */
static int build_whole(struct symbols *symbols)
{
    struct symbol_cache *cache = NULL;

    if (symbols->failed || symbols->file.state < DEBUG_SYMTAB)
        return -ERR_NOT_FOUND;
    symbols->failed = true;
    OWNED_FD fd = cache_store_begin(symbols->store, symbols->file.build_id);
    if (fd < 0)
        return fd;
    int r = worker_run(&symbols->file, fd, NULL);
    if (r == 0)
        r = symbol_cache_open(fd, &cache);
    if (r < 0)
        return r;
    symbols->failed = false;
    note_lacks(symbols, cache);
    /* A full disk keeps nothing: this time it serves from memory. */
    DROP(cache_store_commit(symbols->store, symbols->file.build_id, fd));
    atomic_store(&symbols->whole, cache);
    return 0;
}

int symbols_build(struct symbols *symbols)
{
    int r = 0;

    pthread_mutex_lock(&symbols->lock);
    if (!atomic_load(&symbols->whole))
        r = build_whole(symbols);
    pthread_mutex_unlock(&symbols->lock);
    return r;
}

static size_t answer(struct symbol_cache *cache, uint64_t address,
                     struct symbols_frame *frames)
{
    struct cache_record records[CACHE_FRAMES_MAX];
    size_t count = symbol_cache_find(cache, address, records);

    for (size_t i = 0; i < count; i++) {
        frames[i] = (struct symbols_frame){
            .function = symbol_cache_name(cache, records[i].name),
            .file = symbol_cache_path(cache, records[i].file),
            .line = records[i].line <= INT32_MAX ? (int)records[i].line : 0,
            .inlined = i + 1 < count,
        };
    }
    return count;
}

/* A part was read for one address: others it knows if they have their file. */
static size_t answer_from_parts(struct symbols *symbols, uint64_t address,
                                struct symbols_frame *frames)
{
    for (size_t i = 0; i < symbols->part_count; i++) {
        size_t count = answer(symbols->parts[i], address, frames);
        if (count > 0 && frames[0].file)
            return count;
    }
    return 0;
}

/* Whether all units are read at once. */
static bool is_small(const struct debug_file *file)
{
    return debug_file_peek(file)->debug_info_bytes < SYMBOLS_SMALL_BYTES ||
           file->debug_fd >= 0; /* read once, then only its cache is left */
}

static size_t parts_max(const struct debug_file *file)
{
    const struct elf_peek *peek = debug_file_peek(file);

    /* Unpacking costs as much as the rest. */
    return peek->compressed || peek->debug_info_bytes < SYMBOLS_MEDIUM_BYTES
               ? SYMBOLS_COSTLY_PARTS_MAX
               : SYMBOLS_PARTS_MAX;
}

bool symbols_is_settled(const struct symbols *symbols)
{
    return atomic_load(&symbols->whole) || atomic_load(&symbols->failed) ||
           symbols->file.state < DEBUG_SYMTAB;
}

/* How many addresses may still be read alone. By lock. */
static size_t parts_left(const struct symbols *symbols)
{
    return is_small(&symbols->file) || symbols->part_failed
               ? 0
               : parts_max(&symbols->file) - symbols->part_count;
}

void symbols_expect(struct symbols *symbols, size_t count)
{
    pthread_mutex_lock(&symbols->lock);
    if (count > 1 && count > parts_left(symbols) &&
        !atomic_load(&symbols->whole))
        DROP(build_whole(symbols)); /* parts answer, as far as they may */
    pthread_mutex_unlock(&symbols->lock);
}

/* What is around address alone; its answer is whole even without a file. */
static bool build_part(struct symbols *symbols, uint64_t address,
                       struct symbols_frame *frames, size_t *ret_count)
{
    struct symbol_cache *part = NULL;

    symbols->part_failed = true;
    OWNED_FD fd = memfd_create("symbols", MFD_CLOEXEC);
    if (fd < 0 || worker_run(&symbols->file, fd, &address) < 0 ||
        symbol_cache_open(fd, &part) < 0)
        return false;
    symbols->part_failed = false;
    symbols->parts[symbols->part_count++] = part;
    note_lacks(symbols, part);
    *ret_count = answer(part, address, frames);
    return true;
}

/* A torn cache goes; the next look-up makes it anew. By lock. */
static void drop_torn(struct symbols *symbols)
{
    struct symbol_cache *whole = atomic_load(&symbols->whole);

    if (!whole || !symbol_cache_is_torn(whole) || symbols->torn)
        return;
    symbols->torn = whole;
    atomic_store(&symbols->whole, NULL);
    cache_store_remove(symbols->store, symbols->file.build_id);
}

static size_t resolve_slowly(struct symbols *symbols, uint64_t address,
                             struct symbols_frame *frames)
{
    drop_torn(symbols);
    struct symbol_cache *whole = atomic_load(&symbols->whole);
    if (whole)
        return answer(whole, address, frames);
    size_t count = answer_from_parts(symbols, address, frames);
    if (count > 0 || symbols->file.state < DEBUG_SYMTAB)
        return count;
    if (parts_left(symbols) > 0 && build_part(symbols, address, frames, &count))
        return count;
    if (build_whole(symbols) < 0)
        return 0;
    return answer(atomic_load(&symbols->whole), address, frames);
}

size_t symbols_resolve(struct symbols *symbols, uint64_t address,
                       struct symbols_frame *frames)
{
    struct symbol_cache *whole = atomic_load(&symbols->whole);

    if (whole && !symbol_cache_is_torn(whole)) {
        size_t count = answer(whole, address, frames);
        if (!symbol_cache_is_torn(whole))
            return count;
    }
    pthread_mutex_lock(&symbols->lock);
    size_t count = resolve_slowly(symbols, address, frames);
    pthread_mutex_unlock(&symbols->lock);
    return count;
}

void symbols_trim(struct symbols *symbols)
{
    struct symbol_cache *whole = atomic_load(&symbols->whole);

    if (whole)
        symbol_cache_trim(whole, SYMBOLS_STRINGS_BYTES);
}
