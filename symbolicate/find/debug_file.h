/*
 * Where a module's debug information is: the module itself, build-id trees,
 * .gnu_debuglink, and last, where allowed, debuginfod servers; and of that what
 * dwz moved out (.gnu_debugaltlink). A file with another build-id is never
 * used. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_DEBUG_FILE_H
#define INQUEST_SYMBOLICATE_DEBUG_FILE_H

#include "symbolicate/find/debuginfod.h"
#include "symbolicate/find/elf_peek.h"

#define DEBUG_PATH_BYTES 4096
#define DEBUG_DIRS_MAX   16
#define DEBUG_TRIED_MAX  24
#define DEBUG_DIR        "/usr/lib/debug"

enum debug_state {
    DEBUG_MISSING,  /* no file: nothing can be said */
    DEBUG_MISMATCH, /* what is there has another build-id: not used */
    DEBUG_SYMTAB,   /* names only */
    DEBUG_FOUND,    /* DWARF */
};

struct debug_search {
    const char *path;     /* the module; may be NULL with a build-id */
    const char *build_id; /* lower-case hexadecimal; "" for any */
    const char *const *directories; /* searched before DEBUG_DIR */
    size_t directory_count;
    struct debuginfod *debuginfod; /* NULL: servers are not asked */
};

struct debug_file {
    enum debug_state state;
    char build_id[PEEK_ID_HEX];
    char main[DEBUG_PATH_BYTES];  /* "" where it is not usable */
    char debug[DEBUG_PATH_BYTES]; /* "" where main holds it or none does */
    char alt[DEBUG_PATH_BYTES];
    struct elf_peek main_peek, debug_peek;
    int debug_fd, alt_fd; /* what came from a server, nameless; else -1 */
    char *tried[DEBUG_TRIED_MAX]; /* "PATH: why not", from malloc */
    size_t tried_count;
};

/* Never fails: state says what was found, tried what was not. */
void debug_file_find(const struct debug_search *search,
                     struct debug_file *ret_file);
void debug_file_clear(struct debug_file *file);

/*
 * Asks debuginfod servers for what was not found. Blocks, at most its wait_ms;
 * what did not come is in tried.
 */
void debug_file_fetch(struct debug_file *file, struct debuginfod *debuginfod);

/* Of the file that holds the debug information, or the names. */
const struct elf_peek *debug_file_peek(const struct debug_file *file);

/* The file that answers come from, for people; "" where there is none. */
const char *debug_file_place(const struct debug_file *file);

#endif
