/* Mounts, line by line; paths relative to their roots. Context: any. */
#include "proto/cgroup_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/sys.h"

#define MOUNT_FIELDS 6 /* before the optional ones: proc(5) */

struct lines {
    int fd;
    size_t begin, end; /* what is not yet looked at */
    bool cut;          /* the line's start did not fit */
    char *text;        /* CGROUP_LINE_BYTES */
};

/* More of the file behind what is there; false at its end. */
static bool fill(struct lines *lines)
{
    lines->end -= lines->begin;
    memmove(lines->text, lines->text + lines->begin, lines->end);
    lines->begin = 0;
    if (lines->end == CGROUP_LINE_BYTES) {
        lines->cut = true;
        lines->end = 0;
    }
    long n = sys_read(lines->fd, lines->text + lines->end,
                      CGROUP_LINE_BYTES - lines->end);
    if (n <= 0)
        return false;
    lines->end += (size_t)n;
    return true;
}

/* The next line, ended by NUL; "" for one too long. NULL at the end. */
static char *next_line(struct lines *lines)
{
    char *newline;

    while (!(newline = memchr(lines->text + lines->begin, '\n',
                              lines->end - lines->begin))) {
        if (!fill(lines))
            return NULL;
    }
    char *line = lines->cut ? newline : lines->text + lines->begin;
    *newline = '\0';
    lines->begin = (size_t)(newline + 1 - lines->text);
    lines->cut = false;
    return line;
}

/* Ends the word at *at, moves *at to the next; "" behind the last. */
static char *next_word(char **at)
{
    char *word = *at;

    *at += strcspn(*at, " ");
    if (**at != '\0')
        *(*at)++ = '\0';
    return word;
}

struct mount {
    const char *root;
    const char *point;
    const char *type;
    char *options; /* of the file system */
};

static void split(char *line, struct mount *ret_mount)
{
    const char *word[MOUNT_FIELDS];
    char *at = line;

    for (size_t i = 0; i < MOUNT_FIELDS; i++)
        word[i] = next_word(&at);
    while (*at != '\0' && strcmp(next_word(&at), "-") != 0)
        continue; /* optional fields */
    *ret_mount = (struct mount){.root = word[3], .point = word[4]};
    ret_mount->type = next_word(&at);
    (void)next_word(&at); /* what is mounted: any name */
    ret_mount->options = next_word(&at);
}

/* Whether wanted is one of the words of [at, end), joined by commas. */
static bool list_has(const char *at, const char *end, const char *wanted)
{
    size_t size = strlen(wanted);

    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        if ((size_t)(stop - at) == size && memcmp(at, wanted, size) == 0)
            return true;
        at = stop + 1;
    }
    return false;
}

static int version_of(const struct mount *mount)
{
    if (strcmp(mount->type, "cgroup2") == 0)
        return 2;
    return strcmp(mount->type, "cgroup") == 0 &&
                   list_has(mount->options,
                            mount->options + strlen(mount->options), "memory")
               ? 1
               : 0;
}

/* cgroup as seen below a mount's root; NULL where it is not below it. */
static const char *below(const char *root, const char *cgroup)
{
    size_t size = strcmp(root, "/") == 0 ? 0 : strlen(root);
    const char *rest = cgroup + size;

    if (strncmp(root, cgroup, size) != 0 || (*rest != '/' && *rest != '\0') ||
        strncmp(rest, "/..", 3) == 0)
        return NULL;
    return strcmp(rest, "/") == 0 ? "" : rest;
}

static bool is_there(const char *directory, int version)
{
    char path_bytes[CGROUP_DIRECTORY_BYTES + 32];
    struct text path = text_init(path_bytes, sizeof path_bytes);

    text_append(&path, directory);
    text_append(&path,
                version == 2 ? "/memory.current" : "/memory.usage_in_bytes");
    return sys_call3(SYS_faccessat, AT_FDCWD, (long)path_bytes, 0) == 0;
}

static bool try_mount(const struct mount *mount, const char *root_directory,
                      const char *cgroup, struct cgroup_place *place)
{
    struct text directory =
        text_init(place->directory, sizeof place->directory);
    const char *rest = below(mount->root, cgroup);

    place->version = version_of(mount);
    if (place->version == 0 || !rest)
        return false;
    text_append(&directory, root_directory);
    text_append(&directory, mount->point);
    place->mount_bytes = directory.size_bytes;
    text_append(&directory, rest);
    return !directory.cut && is_there(place->directory, place->version);
}

/* Whether mount lies on top of what was found. */
static bool hides(const struct mount *mount, const char *root_directory,
                  const struct cgroup_place *place)
{
    size_t root_bytes = strlen(root_directory);
    size_t size = place->mount_bytes - root_bytes;

    return strlen(mount->point) == size &&
           memcmp(mount->point, place->directory + root_bytes, size) == 0;
}

static bool search(struct lines *lines, const char *root_directory,
                   const char *cgroup, struct cgroup_place *place)
{
    bool found = false;
    char *line;

    for (int i = 0; i < CGROUP_MOUNTS_MAX && (line = next_line(lines)); i++) {
        struct mount mount;
        split(line, &mount);
        if (found && !hides(&mount, root_directory, place))
            continue;
        found = try_mount(&mount, root_directory, cgroup, place);
    }
    return found;
}

int cgroup_place_find(const char *root_directory, const char *cgroup,
                      /* NOLINTNEXTLINE(readability-non-const-parameter) */
                      char scratch[CGROUP_LINE_BYTES],
                      struct cgroup_place *ret_place)
{
    char path_bytes[CGROUP_DIRECTORY_BYTES];
    struct text path = text_init(path_bytes, sizeof path_bytes);
    struct cgroup_place place = {0};
    struct lines lines = {.text = scratch};

    if (cgroup[0] == '\0')
        return -ENOENT;
    text_append(&path, root_directory);
    text_append(&path, "/proc/self/mountinfo");
    OWNED_FD fd = sys_openat(AT_FDCWD, path_bytes, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    lines.fd = fd;
    if (!search(&lines, root_directory, cgroup, &place))
        return -ENOENT;
    *ret_place = place;
    return 0;
}

/* The path of one line "ID:CONTROLLERS:PATH", and the version it is of. */
static int path_of(const char *line, const char *end, const char **ret_path)
{
    const char *first = memchr(line, ':', (size_t)(end - line));
    const char *second =
        first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;

    if (!second)
        return 0;
    *ret_path = second + 1;
    if (second == first + 1)
        return 2;
    return list_has(first + 1, second, "memory") ? 1 : 0;
}

int cgroup_path_parse(const char *text, size_t size, char *ret_path,
                      size_t capacity)
{
    const char *end = text + size;
    int found = 0;

    ret_path[0] = '\0';
    for (const char *line = text; line < end && found != 1;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *path = NULL;
        newline = newline ? newline : end;
        int version = path_of(line, newline, &path);
        if (version != 0) {
            struct text whole = text_init(ret_path, capacity);
            text_append_bytes(&whole, path, (size_t)(newline - path));
            found = whole.cut ? 0 : version;
            if (whole.cut) /* another cgroup's path */
                ret_path[0] = '\0';
        }
        line = newline + (newline < end);
    }
    return found;
}
