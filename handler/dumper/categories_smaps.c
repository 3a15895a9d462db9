/* smaps to bytes by kind. Context: tool. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "handler/dumper/categories.h"
#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"

#define BLOCK_BYTES     65536
#define BYTES_PER_KIB   1024u
#define SMAPS_BYTES_MAX (64u << 20)

/* Whether line is the figure called key, a literal; in bytes. */
#define FIGURE(line, size, key, ret_bytes)                                \
    ((size) > sizeof(key) && memcmp((line), key, sizeof(key) - 1) == 0 && \
     parse_kib((line) + sizeof(key) - 1, (line) + (size), (ret_bytes)))

static bool parse_kib(const char *at, const char *end, uint64_t *ret_bytes)
{
    while (at < end && *at == ' ')
        at++;
    if (fmt_parse_u64(&at, end, 10, ret_bytes) < 0)
        return false;
    *ret_bytes *= BYTES_PER_KIB;
    return true;
}

/* Twenty lines a mapping, of which five count. */
static void add_figure(struct category_parser *parser, const char *line,
                       size_t size)
{
    struct category_sums *sums = &parser->sums;
    uint64_t bytes;

    if (FIGURE(line, size, "Rss:", &bytes)) {
        *parser->current += bytes;
    } else if (FIGURE(line, size, "Pss:", &bytes)) {
        sums->proportional += bytes;
    } else if (FIGURE(line, size, "Private_Clean:", &bytes) ||
               FIGURE(line, size, "Private_Dirty:", &bytes)) {
        sums->private_bytes += bytes;
    } else if (parser->file_backed &&
               FIGURE(line, size, "Anonymous:", &bytes)) {
        sums->file -= bytes < sums->file ? bytes : sums->file;
        sums->anonymous += bytes;
    }
}

void category_line(struct category_parser *parser, const char *line,
                   size_t size)
{
    bool is_figure = size > 0 && line[0] >= 'A' && line[0] <= 'Z';
    struct target_mapping mapping;

    if (is_figure && parser->current)
        add_figure(parser, line, size);
    if (!is_figure && target_parse_mapping(line, line + size, &mapping)) {
        parser->current = category_of(&parser->sums, parser->target, &mapping,
                                      &parser->file_backed);
    }
}

/* Feeds whole lines; a line longer than the block is cut. */
static int read_lines(int fd, struct category_parser *parser)
{
    static char block[BLOCK_BYTES];
    size_t used = 0;
    size_t total = 0;

    for (;;) {
        ssize_t n = read(fd, block + used, sizeof block - used);
        if (n < 0)
            return -errno;
        if (total > SMAPS_BYTES_MAX)
            return -ERR_LIMIT;
        if (n == 0)
            return total > 0 ? 0 : -ESRCH; /* it has no memory any more */
        used += (size_t)n;
        total += (size_t)n;
        char *line = block;
        const char *end = block + used;
        for (char *next; (next = memchr(line, '\n', (size_t)(end - line)));
             line = next + 1) {
            *next = '\0';
            category_line(parser, line, (size_t)(next - line));
        }
        used = line == block && used == sizeof block ? 0 : (size_t)(end - line);
        memmove(block, line, used);
    }
}

static int read_file(const struct target *target, const char *name,
                     struct category_parser *parser)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%d/%s", target->pid, name);
    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : read_lines(fd, parser);
}

int categories_smaps(const struct target *target,
                     struct category_sums *ret_sums)
{
    struct category_parser parser = {.target = target};

    int r = read_file(target, "smaps", &parser);
    *ret_sums = parser.sums;
    return r;
}

/* Its one mapping stands for all of them: only what is not by kind counts. */
int categories_rollup(const struct target *target, struct category_sums *sums)
{
    struct category_parser parser = {0};

    int r = read_file(target, "smaps_rollup", &parser);
    sums->proportional = parser.sums.proportional;
    sums->private_bytes = parser.sums.private_bytes;
    return r;
}
