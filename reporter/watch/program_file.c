/* By PATH, or by the loader's arguments. Context: tool. */
#include "reporter/watch/program_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "reporter/watch/watchable.h"

/* Options of the loader, and how many words each is (ld.so --help). */
static const struct {
    const char *name;
    int words;
} loader_options[] = {
    {"--inhibit-cache", 1},
    {"--library-path", 2},
    {"--glibc-hwcaps-prepend", 2},
    {"--glibc-hwcaps-mask", 2},
    {"--inhibit-rpath", 2},
    {"--audit", 2},
    {"--preload", 2},
    {"--argv0", 2},
};

/* 0: it is none that goes before a program. */
static int option_words(const char *argument)
{
    for (size_t i = 0; i < ARRAY_LENGTH(loader_options); i++) {
        if (strcmp(argument, loader_options[i].name) == 0)
            return loader_options[i].words;
    }
    return 0;
}

/*
 * What the loader is to load. NULL: nothing, it is asked about itself or only
 * to look; or a name without a slash, which it looks for as for a library.
 */
static const char *loaded(char *const *arguments)
{
    int words;

    for (arguments++; *arguments && (words = option_words(*arguments)) > 0;) {
        for (; *arguments && words > 0; words--)
            arguments++;
    }
    bool named = *arguments && strncmp(*arguments, "--", 2) != 0;
    return named && strchr(*arguments, '/') ? *arguments : NULL;
}

int program_file(char *const *arguments, char ret_path[PATH_MAX])
{
    char found[WATCHABLE_PATH_BYTES];
    const char *path = found;

    int r = watchable_find(arguments[0], found);
    if (r < 0)
        return r;
    if (watchable_is_loader(found) && loaded(arguments))
        path = loaded(arguments);
    return realpath(path, ret_path) ? 0 : -errno;
}
