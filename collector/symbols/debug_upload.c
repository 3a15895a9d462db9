/* Chunks to a file in its place. Context: tool. */
#include "collector/symbols/debug_upload.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/symbol_client.h"

#define READ_BYTES     65536
#define VERIFY_WAIT_MS 30000

/* One file is appended to or verified at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool part_path(const struct debug_upload *upload,
                      char path[SYMBOLS_PATH_BYTES])
{
    char name[DEBUG_UPLOAD_ID_MAX + DEBUG_UPLOAD_DIGEST_DIGITS + 16];

    (void)snprintf(name, sizeof name, "upload/%s-%s", upload->build_id,
                   upload->digest);
    return symbols_path(upload->symbols, upload->project, name, path);
}

static bool final_path(const struct debug_upload *upload, const char *suffix,
                       char path[SYMBOLS_PATH_BYTES])
{
    char name[DEBUG_UPLOAD_ID_MAX + 32];

    (void)snprintf(name, sizeof name, ".build-id/%.2s/%s%s", upload->build_id,
                   upload->build_id + 2, suffix);
    return symbols_path(upload->symbols, upload->project, name, path);
}

enum debug_upload_state debug_upload_look(const struct debug_upload *upload,
                                          uint64_t *ret_offset)
{
    char path[SYMBOLS_PATH_BYTES];
    struct stat status;

    *ret_offset = 0;
    if ((final_path(upload, ".debug", path) && access(path, F_OK) == 0) ||
        (final_path(upload, "", path) && access(path, F_OK) == 0))
        return UPLOAD_COMPLETE;
    if (!*upload->digest || !part_path(upload, path) || stat(path, &status) < 0)
        return UPLOAD_MISSING;
    *ret_offset = (uint64_t)status.st_size;
    return UPLOAD_PARTIAL;
}

/* All directories above the last slash. */
static int make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int r = mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
        *slash = '/';
        if (r < 0)
            return r;
    }
    return 0;
}

static int check_space(int fd, uint64_t wanted)
{
    struct statvfs space;

    if (fstatvfs(fd, &space) < 0)
        return -errno;
    uint64_t free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
    return free_bytes < wanted + DEBUG_UPLOAD_FREE_BYTES_MIN ? -ENOSPC : 0;
}

static int digest_fits(int fd, const char *expected)
{
    unsigned char buffer[READ_BYTES];
    unsigned char hash[DEBUG_UPLOAD_DIGEST_DIGITS / 2];
    char hex[DEBUG_UPLOAD_DIGEST_DIGITS + 1];
    crypto_generichash_state state;
    ssize_t size;

    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    while ((size = read(fd, buffer, sizeof buffer)) > 0)
        (void)crypto_generichash_update(&state, buffer, (size_t)size);
    if (size < 0)
        return -errno;
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    return strcmp(hex, expected) == 0 ? 0 : -ERR_FORMAT;
}

/* ".debug" or "", by what the child finds in it; NULL: another, or no ELF. */
static const char *suffix_of(const struct debug_upload *upload,
                             const char *path)
{
    const char *const arguments[] = {"--no-cache", NULL};
    struct symbol_client *client = NULL;
    const char *suffix = NULL;

    if (symbol_client_start(symbols_program(upload->symbols), arguments,
                            &client) < 0)
        return NULL;
    json_t *request = json_pack("{s:s,s:s,s:s}", "module", path, "buildId",
                                upload->build_id, "address", "0x0");
    json_t *answer = symbol_client_ask(client, request, VERIFY_WAIT_MS);
    const char *state = json_string_value(
        json_object_get(json_object_get(answer, "debug"), "state"));
    if (state && strcmp(state, "found") == 0)
        suffix = ".debug";
    if (state && strcmp(state, "symtab") == 0)
        suffix = "";
    json_decref(request);
    json_decref(answer);
    symbol_client_stop(&client);
    return suffix;
}

static int finish(const struct debug_upload *upload, int fd, const char *part)
{
    char path[SYMBOLS_PATH_BYTES];

    int r = digest_fits(fd, upload->digest);
    const char *suffix = r == 0 ? suffix_of(upload, part) : NULL;
    if (r == 0 && !suffix)
        r = -ERR_FORMAT;
    if (r == -ERR_FORMAT)
        (void)unlink(part); /* made by us, and of no use */
    if (r < 0)
        return r;
    if (!final_path(upload, suffix, path))
        return -ENAMETOOLONG;
    if (fsync(fd) < 0)
        return -errno;
    r = make_parents(path);
    if (r < 0)
        return r;
    if (rename(part, path) < 0)
        return -errno;
    *strrchr(path, '/') = '\0';
    OWNED_FD dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir_fd < 0 || fsync(dir_fd) < 0 ? -errno : 1;
}

static int append(const struct debug_upload *upload, uint64_t offset,
                  struct span chunk, uint64_t *ret_offset)
{
    char path[SYMBOLS_PATH_BYTES];
    struct stat status;

    if (!part_path(upload, path))
        return -ENAMETOOLONG;
    int r = make_parents(path);
    if (r < 0)
        return r;
    OWNED_FD fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    *ret_offset = (uint64_t)status.st_size;
    if (offset != *ret_offset)
        return -ESPIPE;
    if (chunk.size_bytes > upload->size_bytes - offset)
        return -ERR_FORMAT;
    r = check_space(fd, chunk.size_bytes);
    if (r == 0)
        r = io_write_all(fd, chunk.data, chunk.size_bytes);
    if (r < 0)
        return r;
    *ret_offset += chunk.size_bytes;
    return *ret_offset < upload->size_bytes ? 0 : finish(upload, fd, path);
}

int debug_upload_append(const struct debug_upload *upload, uint64_t offset,
                        struct span chunk, uint64_t *ret_offset)
{
    uint64_t unused;

    if (debug_upload_look(upload, &unused) == UPLOAD_COMPLETE)
        return 1;
    (void)pthread_mutex_lock(&lock);
    int r = append(upload, offset, chunk, ret_offset);
    (void)pthread_mutex_unlock(&lock);
    return r;
}
