/*
 * libiberty's demanglers. A name of 200 bytes may stand for 2^30 (back
 * references that double), and libiberty cannot be told to stop: the callback
 * that takes its pieces leaves by longjmp. What it holds then is on the stack,
 * but for the letters of a Punycode identifier. Context: tool.
 */
#include "symbolicate/demangle.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <libiberty/demangle.h>

struct plain {
    jmp_buf too_long;
    size_t size;
    char text[DEMANGLE_TEXT_MAX];
};

static void take(const char *piece, size_t size, void *opaque)
{
    struct plain *plain = opaque;

    if (size >= sizeof plain->text - plain->size)
        longjmp(plain->too_long, 1);
    memcpy(plain->text + plain->size, piece, size);
    plain->size += size;
}

static bool print(const char *name, int options, struct plain *plain)
{
    bool v0 = name[0] == '_' && name[1] == 'R';

    /* Rust first: its older names are C++ to look at, but for their hash. */
    if (!(options & DMGL_TYPES) &&
        rust_demangle_callback(name, options, take, plain))
        return true;
    plain->size = 0;
    return !v0 && cplus_demangle_v3_callback(name, options, take, plain);
}

static char *demangle_with(const char *name, int options)
{
    struct plain plain;

    if (strnlen(name, DEMANGLE_BYTES_MAX + 1) > DEMANGLE_BYTES_MAX)
        return NULL;
    plain.size = 0;
    if (setjmp(plain.too_long) != 0 || !print(name, options, &plain))
        return NULL;
    return strndup(plain.text, plain.size);
}

char *demangle(const char *name)
{
    bool mangled = name[0] == '_' && (name[1] == 'R' || name[1] == 'Z');

    return mangled ? demangle_with(name, DMGL_PARAMS | DMGL_ANSI) : NULL;
}

char *demangle_type(const char *name)
{
    return demangle_with(name, DMGL_PARAMS | DMGL_ANSI | DMGL_TYPES);
}
