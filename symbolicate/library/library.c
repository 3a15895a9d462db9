/* The public face of symbols.h. Context: tool. */
#include "symbolicate/library/inquest-symbolicate.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "proto/base/compiler.h"
#include "symbolicate/symbols.h"

struct inquest_symbols {
    struct cache_store store;
    struct symbols *symbols;
};

static_assert(INQUEST_SYMBOLS_FRAMES_MAX == SYMBOLS_FRAMES_MAX, "one limit");
static_assert(INQUEST_SYMBOLS_DIRECTORIES_MAX == DEBUG_DIRS_MAX, "one limit");

EXPORT int inquest_symbols_open(const struct inquest_symbols_options *options,
                                struct inquest_symbols **ret_symbols)
{
    struct debug_search search = {
        .path = options->module,
        .build_id = options->build_id ? options->build_id : "",
        .directories = options->debug_directories,
        .directory_count = options->debug_directory_count,
    };

    if ((!options->module && !options->build_id) ||
        options->debug_directory_count > DEBUG_DIRS_MAX)
        return -EINVAL;
    struct inquest_symbols *symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        return -ENOMEM;
    symbols->store = cache_store_open(options->cache_directory);
    symbols->symbols = symbols_open(&search, &symbols->store);
    if (!symbols->symbols) {
        inquest_symbols_close(&symbols);
        return -ENOMEM;
    }
    *ret_symbols = symbols;
    return 0;
}

EXPORT void inquest_symbols_close(struct inquest_symbols **symbols)
{
    if (!*symbols)
        return;
    symbols_close(&(*symbols)->symbols);
    cache_store_close(&(*symbols)->store);
    free(*symbols);
    *symbols = NULL;
}

EXPORT enum inquest_symbols_state
inquest_symbols_state(const struct inquest_symbols *symbols)
{
    switch (symbols_file(symbols->symbols)->state) {
    case DEBUG_FOUND:
        return INQUEST_SYMBOLS_LINES;
    case DEBUG_SYMTAB:
        return INQUEST_SYMBOLS_NAMES;
    case DEBUG_MISMATCH:
        return INQUEST_SYMBOLS_MISMATCH;
    default:
        return INQUEST_SYMBOLS_MISSING;
    }
}

EXPORT const char *inquest_symbols_place(const struct inquest_symbols *symbols)
{
    return debug_file_place(symbols_file(symbols->symbols));
}

EXPORT const char *inquest_symbols_tried(const struct inquest_symbols *symbols,
                                         size_t index)
{
    return symbols_tried(symbols->symbols, index);
}

EXPORT int inquest_symbols_build(struct inquest_symbols *symbols)
{
    return symbols_build(symbols->symbols);
}

EXPORT size_t
inquest_symbols_find(struct inquest_symbols *symbols, uint64_t address,
                     struct inquest_symbols_frame frames[SYMBOLS_FRAMES_MAX])
{
    struct symbols_frame found[SYMBOLS_FRAMES_MAX];
    size_t count = symbols_resolve(symbols->symbols, address, found);

    for (size_t i = 0; i < count; i++) {
        frames[i] = (struct inquest_symbols_frame){
            found[i].function, found[i].file, found[i].line, found[i].inlined};
    }
    return count;
}
