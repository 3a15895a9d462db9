/*
 * A look at an ELF file (System V gABI, chapters 4 and 5) or a script. The
 * file is foreign: every offset is checked. Context: tool.
 */
#include "reporter/watch/watchable.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/span.h"

#define HEADERS_MAX 256
#define LOADER      "ld-linux-x86-64.so.2"

static int usable(const char *path)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || access(path, X_OK) < 0)
        return -EACCES;
    return 0;
}

int watchable_find(const char *program, char ret_path[WATCHABLE_PATH_BYTES])
{
    const char *path = getenv("PATH");
    int result = -ENOENT;

    if (strchr(program, '/') || !path) {
        snprintf(ret_path, WATCHABLE_PATH_BYTES, "%s", program);
        return usable(ret_path);
    }
    for (;;) {
        size_t size = strcspn(path, ":");
        int n = snprintf(ret_path, WATCHABLE_PATH_BYTES, "%.*s%s%s", (int)size,
                         path, size > 0 ? "/" : "", program);
        int r = n < WATCHABLE_PATH_BYTES ? usable(ret_path) : -ENAMETOOLONG;
        if (r == 0)
            return 0;
        if (r == -EACCES)
            result = r;
        if (path[size] == '\0')
            return result;
        path += size + 1;
    }
}

static int refuse(char *why, const char *text)
{
    snprintf(why, WATCHABLE_WHY_BYTES, "%s", text);
    return -ERR_DENIED;
}

struct program_headers {
    Elf64_Phdr entries[HEADERS_MAX];
    size_t count;
};

static int read_headers(struct span file, const Elf64_Ehdr *header,
                        struct program_headers *headers)
{
    headers->count = header->e_phnum;
    if (header->e_phnum > HEADERS_MAX ||
        header->e_phentsize != sizeof(Elf64_Phdr))
        return -ERR_FORMAT;
    return span_read(file, header->e_phoff, headers->entries,
                     headers->count * sizeof(Elf64_Phdr));
}

static const Elf64_Phdr *find_header(const struct program_headers *headers,
                                     uint32_t type)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (headers->entries[i].p_type == type)
            return &headers->entries[i];
    }
    return NULL;
}

/* Sanitizer runtimes call their initializer by a name of their own. */
static bool has_sanitizer(struct span file)
{
    static const char *const names[] = {"__asan_init", "__tsan_init",
                                        "__msan_init", "__hwasan_init"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (memmem(file.data, file.size_bytes, names[i], strlen(names[i]) + 1))
            return true;
    }
    return false;
}

static bool loader_is_ours(struct span file, const Elf64_Phdr *interpreter)
{
    struct span text;

    if (span_part(file, interpreter->p_offset, interpreter->p_filesz, &text) <
        0)
        return false;
    return memmem(text.data, text.size_bytes, LOADER, sizeof LOADER) != NULL;
}

bool watchable_is_loader(const char *path)
{
    char *real = realpath(path, NULL);
    const char *slash = real ? strrchr(real, '/') : NULL;
    bool result = slash && strcmp(slash + 1, LOADER) == 0;

    free(real);
    return result;
}

static int check_elf(const char *path, struct span file, char *why)
{
    Elf64_Ehdr header;
    struct program_headers headers;

    if (file.size_bytes > EI_CLASS && file.data[EI_CLASS] == ELFCLASS32)
        return refuse(why, "it is a 32-bit program");
    if (span_read(file, 0, &header, sizeof header) < 0 ||
        header.e_machine != EM_X86_64)
        return refuse(why, "it is not for this machine");
    if (read_headers(file, &header, &headers) < 0)
        return refuse(why, "its program headers cannot be read");
    const Elf64_Phdr *interpreter = find_header(&headers, PT_INTERP);
    if (!interpreter && watchable_is_loader(path))
        return 0;
    if (!interpreter)
        return refuse(why, "it is statically linked");
    if (!loader_is_ours(file, interpreter))
        return refuse(why, "it uses another C library than glibc");
    if (has_sanitizer(file)) {
        return refuse(why, "it is built with a sanitizer, which refuses "
                           "preloaded libraries");
    }
    return 0;
}

static int check_privileges(const char *path, char *why)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return refuse(why, "its file cannot be read");
    bool set_uid = (status.st_mode & S_ISUID) && status.st_uid != getuid();
    bool set_gid = (status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) &&
                   status.st_gid != getgid();
    if (set_uid || set_gid)
        return refuse(why, "it runs with other rights (set-uid)");
    if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        return refuse(why, "it runs with other rights (file capabilities)");
    return 0;
}

/* "#!/usr/bin/env -S x": the interpreter's path, or false. */
static bool script_interpreter(struct span file,
                               char path[WATCHABLE_PATH_BYTES])
{
    const char *text = (const char *)file.data;

    if (file.size_bytes < 4 || memcmp(text, "#!", 2) != 0)
        return false;
    size_t limit = file.size_bytes < WATCHABLE_PATH_BYTES
                       ? file.size_bytes
                       : WATCHABLE_PATH_BYTES;
    size_t begin = 2;
    while (begin < limit && (text[begin] == ' ' || text[begin] == '\t'))
        begin++;
    size_t end = begin;
    while (end < limit && !strchr(" \t\n\r", text[end]))
        end++;
    if (end == limit || end == begin)
        return false;
    struct text interpreter = text_init(path, WATCHABLE_PATH_BYTES);
    text_append_bytes(&interpreter, text + begin, end - begin);
    return true;
}

struct mapping {
    struct span file;
};

static void unmap(struct mapping *mapping)
{
    if (mapping->file.data)
        munmap((void *)(uintptr_t)mapping->file.data, mapping->file.size_bytes);
}

static int map_file(const char *path, struct mapping *ret_mapping)
{
    struct stat status;
    OWNED_FD fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size <= 0)
        return -ERR_FORMAT;
    size_t size = (size_t)status.st_size;
    void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return -errno;
    ret_mapping->file = (struct span){data, size};
    return 0;
}

static int check(const char *path, int depth, char *why)
{
    CLEANUP(unmap) struct mapping mapping = {0};
    char interpreter[WATCHABLE_PATH_BYTES];
    char inner[WATCHABLE_WHY_BYTES];

    int r = check_privileges(path, why);
    if (r < 0)
        return r;
    if (map_file(path, &mapping) < 0)
        return refuse(why, "its file cannot be read");
    if (mapping.file.size_bytes > SELFMAG &&
        memcmp(mapping.file.data, ELFMAG, SELFMAG) == 0)
        return check_elf(path, mapping.file, why);
    if (!script_interpreter(mapping.file, interpreter))
        return 0; /* execvp hands it to /bin/sh, or fails as it would */
    if (depth == WATCHABLE_SCRIPTS)
        return refuse(why, "its interpreter is a script, and so on");
    r = check(interpreter, depth + 1, inner);
    if (r < 0) {
        snprintf(why, WATCHABLE_WHY_BYTES, "its interpreter %.80s: %.140s",
                 interpreter, inner);
    }
    return r;
}

int watchable_check(const char *path, char ret_why[WATCHABLE_WHY_BYTES])
{
    return check(path, 0, ret_why);
}
