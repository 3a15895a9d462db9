/* libstdc++'s demangler (Itanium C++ ABI, 3.4). Context: tool. */
#include "symbolicate/demangle.h"

#include <stddef.h>
#include <string.h>

#define MANGLED_BYTES_MAX 4096

/* NOLINTNEXTLINE(bugprone-reserved-identifier) */
extern char *__cxa_demangle(const char *mangled, char *buffer, size_t *size,
                            int *status);

char *demangle(const char *name)
{
    int status = 0;

    if (strncmp(name, "_Z", 2) != 0 || strlen(name) > MANGLED_BYTES_MAX)
        return NULL;
    return __cxa_demangle(name, NULL, NULL, &status);
}

char *demangle_type(const char *name)
{
    int status = 0;

    if (strlen(name) > MANGLED_BYTES_MAX)
        return NULL;
    return __cxa_demangle(name, NULL, NULL, &status);
}
