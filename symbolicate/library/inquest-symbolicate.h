/*
 * libinquest-symbolicate: functions, files, lines and inlined calls of the
 * addresses of one ELF file, from whatever debug information there is.
 *
 *     struct inquest_symbols_options options = {.module = "/usr/bin/app"};
 *     struct inquest_symbols_frame frames[INQUEST_SYMBOLS_FRAMES_MAX];
 *     struct inquest_symbols *symbols;
 *
 *     if (inquest_symbols_open(&options, &symbols) < 0)
 *         …
 *     size_t count = inquest_symbols_find(symbols, address, frames);
 *     for (size_t i = 0; i < count; i++)
 *         printf("%s\n", frames[i].function);
 *     inquest_symbols_close(&symbols);
 *
 * The first look-up of a module may take a second: a limited process of its own
 * (inquest-symbolicate-worker) reads the debug information, so a hostile file
 * cannot harm the caller. What it makes, the symbol cache, is kept and shared
 * with the programs of inquest; look-ups in it take microseconds and no lock.
 *
 * Threads: open and close belong to one thread; everything between may be
 * called by any number of threads at once. Signals: not from a handler. Child
 * processes: the worker is one for a moment, and a program that reaps all its
 * children may see it. Nothing is ever asked of a network.
 *
 * Errors are 0 or negative: -errno, or -4096 and below for files that are not
 * as they should be. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_H
#define INQUEST_SYMBOLICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define INQUEST_SYMBOLS_FRAMES_MAX      64
#define INQUEST_SYMBOLS_DIRECTORIES_MAX 16

struct inquest_symbols;

/* Zero means the default, for each. At least one of the first two is needed. */
struct inquest_symbols_options {
    /* Path of the program or library. */
    const char *module;
    /*
     * Its build-id in lower-case hexadecimal. With a module: another build-id
     * there is never used. Alone: found in the build-id trees and the cache.
     */
    const char *build_id;
    /* Searched before /usr/lib/debug; at most _DIRECTORIES_MAX. */
    const char *const *debug_directories;
    size_t debug_directory_count;
    /* Of symbol caches; default ~/.cache/inquest/symbols; "" keeps none. */
    const char *cache_directory;
};

enum inquest_symbols_state {
    INQUEST_SYMBOLS_MISSING,  /* no file: nothing can be said */
    INQUEST_SYMBOLS_MISMATCH, /* what is there has another build-id */
    INQUEST_SYMBOLS_NAMES,    /* functions only */
    INQUEST_SYMBOLS_LINES     /* functions, files, lines, inlined calls */
};

/* Strings belong to the handle and live until it is closed. */
struct inquest_symbols_frame {
    const char *function; /* readable; NULL: not known */
    const char *file;     /* as the compiler was given it; NULL: not known */
    int line;             /* from 1; 0: not known */
    bool inlined;         /* into the frame that follows */
};

/*
 * Finds the files; reads no debug information yet. *ret_symbols is for
 * inquest_symbols_close. Fails with -EINVAL (neither module nor build-id, too
 * many directories), -ENOMEM. A module that is not there is no failure: ask
 * inquest_symbols_state.
 */
int inquest_symbols_open(const struct inquest_symbols_options *options,
                         struct inquest_symbols **ret_symbols);

/* Accepts a pointer to NULL, and leaves NULL. */
void inquest_symbols_close(struct inquest_symbols **symbols);

/* What was found, and its path ("" where nothing was). */
enum inquest_symbols_state
inquest_symbols_state(const struct inquest_symbols *symbols);
const char *inquest_symbols_place(const struct inquest_symbols *symbols);

/*
 * The places that were tried in vain, each "PATH: why not", from index 0, and
 * after a look-up what the debug information lacks; NULL beyond the last.
 */
const char *inquest_symbols_tried(const struct inquest_symbols *symbols,
                                  size_t index);

/* Makes the whole cache now, where there is none. Blocks. */
int inquest_symbols_build(struct inquest_symbols *symbols);

/*
 * The frames at address, innermost first; returns how many, 0 for no
 * information. address is that of the file: an address of the process less the
 * load bias. It is looked up as it is: for a return address hand in one less,
 * for a faulting instruction or the interrupted one of a signal the address
 * itself. Blocks as long as the worker runs.
 */
size_t inquest_symbols_find(
    struct inquest_symbols *symbols, uint64_t address,
    struct inquest_symbols_frame frames[INQUEST_SYMBOLS_FRAMES_MAX]);

#ifdef __cplusplus
}
#endif

#endif
