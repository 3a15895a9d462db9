/*
 * Symbols of one module: functions, files, lines and inline chains of
 * module-relative addresses (address in the process less the load bias; for an
 * ET_REL kernel module .text begins at 0 and other code follows it).
 *
 * Answers come from the symbol cache (symbol_cache.h); where there is none the
 * worker makes it, after the first few addresses of a large module were
 * answered from what is around them alone, or at once where more are expected.
 * Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_SYMBOLS_H
#define INQUEST_SYMBOLICATE_SYMBOLS_H

#include "symbolicate/cache/cache_store.h"
#include "symbolicate/cache/symbol_cache.h"
#include "symbolicate/find/debug_file.h"

#define SYMBOLS_FRAMES_MAX       CACHE_FRAMES_MAX
#define SYMBOLS_PARTS_MAX        4 /* addresses read alone before all are */
#define SYMBOLS_COSTLY_PARTS_MAX 1 /* where a part costs half of all */
#define SYMBOLS_SMALL_BYTES      (256u << 10) /* of .debug_info: all at once */
#define SYMBOLS_MEDIUM_BYTES     (4u << 20) /* all takes a tenth of a second */
#define SYMBOLS_SPLIT_AGAIN_S    3600 /* missing split units are looked for */

/* One frame; strings belong to the struct symbols and live as long. */
struct symbols_frame {
    const char *function; /* demangled; NULL: not known */
    const char *file;     /* NULL: not known */
    int line;             /* 0: not known */
    bool inlined;
};

#define SYMBOLS_STRINGS_BYTES (22u << 20)

struct symbols;

/*
 * Finds the files of search, on servers too where it says so (it may block as
 * long as debuginfod.h says); store is borrowed until close. Never fails but
 * for memory (NULL): symbols_file tells what was found. Reads no debug
 * information yet.
 */
struct symbols *symbols_open(const struct debug_search *search,
                             const struct cache_store *store);
void symbols_close(struct symbols **symbols);

/* What was found and tried. */
const struct debug_file *symbols_file(const struct symbols *symbols);

/*
 * Of what was tried, sentence index, from 0; NULL behind the last. Behind the
 * files that were not found stands, once the debug information was read, what
 * it lacks. Any thread; the text lives as long as symbols.
 */
const char *symbols_tried(const struct symbols *symbols, size_t index);

/* Makes the whole cache now, where there is none. 0, -errno, -ERR_*. */
MUST_CHECK int symbols_build(struct symbols *symbols);

/* Whether the whole cache is there or cannot be had: symbols_expect is then
 * without effect. */
bool symbols_is_settled(const struct symbols *symbols);

/*
 * The next count addresses are known already: where they are more than will be
 * read alone, the whole cache is made now. Where it cannot be, the first are
 * answered all the same.
 */
void symbols_expect(struct symbols *symbols, size_t count);

/*
 * Frames at address, innermost first, into frames[SYMBOLS_FRAMES_MAX]; returns
 * how many, 0 for no information. The address is looked up as it is: for a
 * return address hand in one less. Any thread; the first answers of a module
 * may wait for the worker.
 */
size_t symbols_resolve(struct symbols *symbols, uint64_t address,
                       struct symbols_frame *frames);

/*
 * Frees the strings of former answers where they take more than
 * SYMBOLS_STRINGS_BYTES. No other thread may use symbols meanwhile.
 */
void symbols_trim(struct symbols *symbols);

#endif
