/* The order of GDB's manual, "Separate Debug Files". Context: tool. */
#include "symbolicate/find/debug_file.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"

#define ID_HEX_MIN 4

const struct elf_peek *debug_file_peek(const struct debug_file *file)
{
    return file->debug[0] ? &file->debug_peek : &file->main_peek;
}

static void note(struct debug_file *file, const char *path, const char *why)
{
    if (file->tried_count < DEBUG_TRIED_MAX &&
        asprintf(&file->tried[file->tried_count], "%s: %s", path, why) >= 0)
        file->tried_count++;
}

/* Reads path if its build-id is the wanted one ("" for any). */
static bool accept(struct debug_file *file, const char *path, const char *id,
                   struct elf_peek *ret_peek)
{
    struct elf_peek peek;
    int r = elf_peek(path, &peek);

    if (r < 0) {
        note(file, path, err_text(r));
        return false;
    }
    if (*id && strcmp(peek.build_id, id) != 0) {
        note(file, path, "has another build-id");
        if (file->state == DEBUG_MISSING)
            file->state = DEBUG_MISMATCH;
        return false;
    }
    *ret_peek = peek;
    return true;
}

static void take_main(struct debug_file *file, const char *path)
{
    if (!accept(file, path, file->build_id, &file->main_peek))
        return;
    (void)snprintf(file->main, sizeof file->main, "%s", path);
    memcpy(file->build_id, file->main_peek.build_id, sizeof file->build_id);
    file->state = file->main_peek.debug_info_bytes ? DEBUG_FOUND : DEBUG_SYMTAB;
}

static bool take_debug(struct debug_file *file, const char *path)
{
    struct elf_peek peek;

    if (!accept(file, path, file->build_id, &peek))
        return false;
    if (!peek.debug_info_bytes && !peek.has_symbols) {
        note(file, path, "holds no debug information");
        return false;
    }
    (void)snprintf(file->debug, sizeof file->debug, "%s", path);
    file->debug_peek = peek;
    file->state = peek.debug_info_bytes ? DEBUG_FOUND : DEBUG_SYMTAB;
    return true;
}

/* DIR/.build-id/ab/cdef…SUFFIX; false where it is too long. */
static bool id_path(const char *directory, const char *id, const char *suffix,
                    char path[DEBUG_PATH_BYTES])
{
    int size = snprintf(path, DEBUG_PATH_BYTES, "%s/.build-id/%.2s/%s%s",
                        directory, id, id + 2, suffix);

    return size > 0 && size < DEBUG_PATH_BYTES;
}

static const char *directory_at(const struct debug_search *search, size_t i)
{
    return i < search->directory_count ? search->directories[i] : DEBUG_DIR;
}

static bool find_by_id(const struct debug_search *search,
                       struct debug_file *file, const char *suffix,
                       bool (*take)(struct debug_file *, const char *))
{
    char path[DEBUG_PATH_BYTES];

    for (size_t i = 0; i <= search->directory_count; i++) {
        if (id_path(directory_at(search, i), file->build_id, suffix, path) &&
            take(file, path))
            return true;
    }
    return false;
}

static bool take_main_by_id(struct debug_file *file, const char *path)
{
    take_main(file, path);
    return file->main[0] != '\0';
}

/* The checksum of .gnu_debuglink is zlib's CRC-32 over the whole file. */
static bool crc_fits(const char *path, uint32_t expected)
{
    uint8_t buffer[65536];
    uLong crc = 0;
    ssize_t size;

    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    while ((size = read(fd, buffer, sizeof buffer)) > 0)
        crc = crc32(crc, buffer, (uInt)size);
    return size == 0 && crc == expected;
}

/* Without a build-id the checksum is all there is to tell a file by. */
static bool take_link(struct debug_file *file, const char *path)
{
    if (strcmp(path, file->main) == 0)
        return false;
    if (file->build_id[0] == '\0' &&
        !crc_fits(path, file->main_peek.link_crc)) {
        note(file, path, "missing, or its checksum is another");
        return false;
    }
    return take_debug(file, path);
}

static bool find_by_link(const struct debug_search *search,
                         struct debug_file *file)
{
    char path[DEBUG_PATH_BYTES];
    char real[PATH_MAX];
    const char *link = file->main_peek.link;

    if (*link == '\0' || strchr(link, '/') || !realpath(file->main, real))
        return false;
    const char *at = dirname(real);
    static const char *const places[] = {"", "/.debug"};
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        int size = snprintf(path, sizeof path, "%s%s/%s", at, places[i], link);
        if (size < (int)sizeof path && take_link(file, path))
            return true;
    }
    for (size_t i = 0; i <= search->directory_count; i++) {
        const char *directory = directory_at(search, i);
        int size = snprintf(path, sizeof path, "%s%s/%s", directory, at, link);
        if (size < (int)sizeof path && take_link(file, path))
            return true;
        size = snprintf(path, sizeof path, "%s/%s", directory, link);
        if (i < search->directory_count && size < (int)sizeof path &&
            take_link(file, path))
            return true;
    }
    return false;
}

static bool take_alt(struct debug_file *file, const char *id, const char *path)
{
    struct elf_peek peek;

    if (!accept(file, path, id, &peek))
        return false;
    (void)snprintf(file->alt, sizeof file->alt, "%s", path);
    return true;
}

/* dwz's common part: its path is relative to the file that names it. */
static void find_alt(const struct debug_search *search, struct debug_file *file)
{
    const char *holder = file->debug[0] ? file->debug : file->main;
    const struct elf_peek *peek = debug_file_peek(file);
    char path[DEBUG_PATH_BYTES];
    char real[PATH_MAX];

    if (peek->alt_link[0] == '\0' || strlen(peek->alt_id) < ID_HEX_MIN)
        return;
    if (peek->alt_link[0] == '/') {
        if (take_alt(file, peek->alt_id, peek->alt_link))
            return;
    } else if (realpath(holder, real)) {
        int size =
            snprintf(path, sizeof path, "%s/%s", dirname(real), peek->alt_link);
        if (size < (int)sizeof path && take_alt(file, peek->alt_id, path))
            return;
    }
    for (size_t i = 0; i <= search->directory_count; i++) {
        if (id_path(directory_at(search, i), peek->alt_id, ".debug", path) &&
            take_alt(file, peek->alt_id, path))
            return;
    }
}

void debug_file_find(const struct debug_search *search,
                     struct debug_file *ret_file)
{
    struct debug_file *file = ret_file;

    *file = (struct debug_file){.debug_fd = -1, .alt_fd = -1};
    (void)snprintf(file->build_id, sizeof file->build_id, "%s",
                   search->build_id);
    if (search->path && *search->path)
        take_main(file, search->path);
    bool has_id = strlen(file->build_id) >= ID_HEX_MIN;
    if (file->main[0] == '\0' && has_id)
        (void)find_by_id(search, file, "", take_main_by_id);
    if (!file->main_peek.debug_info_bytes &&
        !(has_id && find_by_id(search, file, ".debug", take_debug)) &&
        file->main[0] != '\0')
        (void)find_by_link(search, file);
    find_alt(search, file);
}

/* The path by which the worker opens a nameless file of ours. */
static void fd_path(int fd, char path[DEBUG_PATH_BYTES])
{
    (void)snprintf(path, DEBUG_PATH_BYTES, "/proc/%d/fd/%d", getpid(), fd);
}

/* Fetches id; a descriptor that take has accepted, or -1. */
static int fetch(struct debug_file *file, struct debuginfod *debuginfod,
                 const char *id,
                 bool (*take)(struct debug_file *, const char *))
{
    char why[DEBUGINFOD_WHY_BYTES];
    char name[DEBUG_PATH_BYTES];
    char path[DEBUG_PATH_BYTES];

    (void)snprintf(name, sizeof name, "%s for %s", debuginfod->urls, id);
    int fd = debuginfod_fetch(debuginfod, id, why);
    if (fd < 0) {
        note(file, name, why);
        return -1;
    }
    fd_path(fd, path);
    if (take(file, path))
        return fd;
    debuginfod_distrust(debuginfod, id, "what they sent was not that file");
    note(file, name, "what they sent was not that file");
    fd_close(&fd);
    return -1;
}

static bool take_fetched_alt(struct debug_file *file, const char *path)
{
    const struct elf_peek *peek = debug_file_peek(file);

    return take_alt(file, peek->alt_id, path);
}

void debug_file_fetch(struct debug_file *file, struct debuginfod *debuginfod)
{
    if (file->state != DEBUG_FOUND && strlen(file->build_id) >= ID_HEX_MIN)
        file->debug_fd = fetch(file, debuginfod, file->build_id, take_debug);
    const struct elf_peek *peek = debug_file_peek(file);
    if (file->alt[0] == '\0' && strlen(peek->alt_id) >= ID_HEX_MIN)
        file->alt_fd = fetch(file, debuginfod, peek->alt_id, take_fetched_alt);
}

const char *debug_file_place(const struct debug_file *file)
{
    if (file->debug_fd >= 0)
        return "a debuginfod server";
    return file->debug[0] ? file->debug : file->main;
}

void debug_file_clear(struct debug_file *file)
{
    for (size_t i = 0; i < file->tried_count; i++)
        free(file->tried[i]);
    file->tried_count = 0;
    fd_close(&file->debug_fd);
    fd_close(&file->alt_fd);
}
