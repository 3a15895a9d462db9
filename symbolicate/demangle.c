/* libiberty's demanglers. Context: tool. */
#include "symbolicate/demangle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <libiberty/demangle.h>

/* The demanglers hand out up to twice the memory that the name needs. */
static char *fitted(char *name)
{
    char *tight = name ? realloc(name, strlen(name) + 1) : NULL;

    return tight ? tight : name;
}

char *demangle(const char *name)
{
    bool rust = name[0] == '_' && name[1] == 'R';
    bool itanium = name[0] == '_' && name[1] == 'Z';

    if ((!rust && !itanium) ||
        strnlen(name, DEMANGLE_BYTES_MAX + 1) > DEMANGLE_BYTES_MAX)
        return NULL;
    /* Legacy Rust looks like C++ with a hash at its end: asked first. */
    char *plain = rust_demangle(name, DMGL_PARAMS);
    if (plain || rust)
        return fitted(plain);
    return fitted(cplus_demangle_v3(name, DMGL_PARAMS | DMGL_ANSI));
}

char *demangle_type(const char *name)
{
    if (strnlen(name, DEMANGLE_BYTES_MAX + 1) > DEMANGLE_BYTES_MAX)
        return NULL;
    return cplus_demangle_v3(name, DMGL_PARAMS | DMGL_ANSI | DMGL_TYPES);
}
