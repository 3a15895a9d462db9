/*
 * Symbols of one ELF file: functions, files, lines and inline chains of
 * module-relative addresses (address in the process less the load bias).
 * Debug files are hostile input: run this in a limited process.
 * Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_SYMBOLS_H
#define INQUEST_SYMBOLICATE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define SYMBOLS_FRAMES_MAX   64
#define SYMBOLS_BUILD_ID_MAX 129 /* hexadecimal, with the NUL */
#define SYMBOLS_PATH_MAX     4096

enum symbols_state {
    SYMBOLS_MISSING,  /* no file: nothing can be said */
    SYMBOLS_MISMATCH, /* the file there has another build-id: not used */
    SYMBOLS_SYMTAB,   /* names only */
    SYMBOLS_DEBUG,    /* DWARF */
};

/* One frame; strings belong to the struct symbols and live as long. */
struct symbols_frame {
    const char *function; /* demangled; NULL: not known */
    const char *file;     /* NULL: not known */
    int line;             /* 0: not known */
    bool inlined;
};

struct symbols;

/*
 * Opens path and, where it has no DWARF, its debug file by build-id under
 * debug_dir ("/usr/lib/debug" for NULL). build_id (lower-case hexadecimal) may
 * be NULL; a file with another one is never used. Never fails but for memory
 * (NULL): symbols_get_state tells what was found.
 */
struct symbols *symbols_open(const char *path, const char *build_id,
                             const char *debug_dir);
void symbols_close(struct symbols **symbols);

enum symbols_state symbols_get_state(const struct symbols *symbols);

/* The build-id looked for, "" when neither asked for nor found. */
const char *symbols_build_id(const struct symbols *symbols);

/* Where the debug information came from, or was looked for in vain. */
const char *symbols_debug_path(const struct symbols *symbols);

/*
 * Frames at address, innermost first, into frames[SYMBOLS_FRAMES_MAX]; returns
 * how many, 0 for no information. The address is looked up as it is: for a
 * return address hand in one less. Not thread-safe.
 */
size_t symbols_resolve(struct symbols *symbols, uint64_t address,
                       struct symbols_frame *frames);

#endif
