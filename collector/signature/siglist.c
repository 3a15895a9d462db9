/* Patterns, one a line. Context: tool. */
#include "collector/signature/siglist.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/signature/frame_name.h"
#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"

struct pattern {
    const char *text;
    unsigned line;
    bool glob;
    bool with_module;
};

struct siglist {
    const char *file;
    const char *text; /* built in */
    struct pattern *patterns;
    size_t count;
};

/* siglists/NAME.txt, made a string by the build. */
extern const char siglist_sentinel[];
extern const char siglist_irrelevant[];
extern const char siglist_prefix[];
extern const char siglist_system_modules[];

static struct siglist lists[SIGLIST_COUNT] = {
    [SIGLIST_SENTINEL] = {"sentinel.txt", siglist_sentinel, NULL, 0},
    [SIGLIST_IRRELEVANT] = {"irrelevant.txt", siglist_irrelevant, NULL, 0},
    [SIGLIST_PREFIX] = {"prefix.txt", siglist_prefix, NULL, 0},
    [SIGLIST_SYSTEM] = {"system_modules.txt", siglist_system_modules, NULL, 0},
};
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Cuts text, which lives as long as the program. */
static int parse(struct siglist *list, char *text)
{
    unsigned number = 0;

    free(list->patterns);
    list->count = 0;
    list->patterns = calloc(SIGLIST_PATTERNS_MAX, sizeof *list->patterns);
    if (!list->patterns)
        return -ENOMEM;
    for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
        number++;
        line[strcspn(line, "\r")] = '\0';
        if (*line == '\0' || *line == '#')
            continue;
        if (list->count == SIGLIST_PATTERNS_MAX)
            return -ERR_LIMIT;
        list->patterns[list->count++] = (struct pattern){
            line, number, strpbrk(line, "*?[\\") != NULL, strchr(line, '!')};
    }
    return 0;
}

static void parse_built_in(void)
{
    for (size_t i = 0; i < SIGLIST_COUNT; i++) {
        char *text = lists[i].patterns ? NULL : strdup(lists[i].text);
        if (text)
            DROP(parse(&lists[i], text)); /* fewer patterns: still groups */
    }
}

static int load_one(int dir_fd, struct siglist *list)
{
    char *text = malloc(SIGLIST_BYTES_MAX);
    size_t size = 0;

    if (!text)
        return -ENOMEM;
    int r = io_read_text(dir_fd, list->file, text, SIGLIST_BYTES_MAX, &size);
    if (r == 0)
        return parse(list, text); /* text stays: patterns point into it */
    free(text);
    return r == -ENOENT ? 0 : r;
}

int siglist_load(const char *directory)
{
    OWNED_FD dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir_fd < 0)
        return -errno;
    for (size_t i = 0; i < SIGLIST_COUNT; i++) {
        int r = load_one(dir_fd, &lists[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

unsigned siglist_match(enum siglist_name list, const char *module,
                       const char *name)
{
    char full[2 * FRAME_NAME_BYTES];

    (void)pthread_once(&once, parse_built_in);
    (void)snprintf(full, sizeof full, "%s!%s", module ? module : "", name);
    for (size_t i = 0; i < lists[list].count; i++) {
        const struct pattern *pattern = &lists[list].patterns[i];
        const char *subject = pattern->with_module ? full : name;
        if (pattern->glob ? fnmatch(pattern->text, subject, 0) == 0
                          : strcmp(pattern->text, subject) == 0)
            return pattern->line;
    }
    return 0;
}

const char *siglist_file(enum siglist_name list)
{
    return lists[list].file;
}
