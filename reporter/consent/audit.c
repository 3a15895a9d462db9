/* The hash chain. Context: tool. */
#include "reporter/consent/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/state_dir.h"
#include "reporter/state_file.h"

#define HEX_BYTES  (2u * AUDIT_HASH_BYTES + 1u)
#define TAIL_BYTES (2ul * AUDIT_LINE_MAX)

static void hash_line(const char *before, const char *line, size_t size,
                      char ret_hex[HEX_BYTES])
{
    crypto_generichash_state state;
    uint8_t hash[AUDIT_HASH_BYTES];

    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)before, strlen(before));
    crypto_generichash_update(&state, (const uint8_t *)line, size);
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(ret_hex, HEX_BYTES, hash, sizeof hash);
}

/* Cuts "TEXT HASH" into its parts. False: it is no such line. */
static bool split(const char *line, size_t size, char ret_hash[HEX_BYTES],
                  size_t *ret_text_bytes)
{
    if (size < HEX_BYTES || line[size - HEX_BYTES] != ' ')
        return false;
    memcpy(ret_hash, line + size - (HEX_BYTES - 1), HEX_BYTES - 1);
    ret_hash[HEX_BYTES - 1] = '\0';
    *ret_text_bytes = size - HEX_BYTES;
    return true;
}

/*
 * The last line's number and hash, from the tail of the file. A last line
 * without its end (power loss) is closed by the caller's newline.
 */
static int read_tail(int fd, uint64_t *ret_sequence, char ret_hash[HEX_BYTES],
                     bool *ret_torn)
{
    char tail[TAIL_BYTES + 1];
    struct stat status;
    size_t text_bytes = 0;

    *ret_sequence = 0;
    *ret_torn = false;
    ret_hash[0] = '\0';
    if (fstat(fd, &status) < 0)
        return -errno;
    off_t tail_bytes = (off_t)sizeof tail - 1;
    off_t begin = status.st_size > tail_bytes ? status.st_size - tail_bytes : 0;
    ssize_t size = pread(fd, tail, TAIL_BYTES, begin);
    if (size < 0)
        return -errno;
    if (size == 0)
        return 0;
    *ret_torn = tail[size - 1] != '\n';
    while (size > 0 && tail[size - 1] != '\n')
        size--; /* a torn line is skipped */
    if (size == 0)
        return 0;
    tail[--size] = '\0';
    char *line = memrchr(tail, '\n', (size_t)size);
    line = line ? line + 1 : tail;
    if (!split(line, strlen(line), ret_hash, &text_bytes))
        return 0; /* verify will say so; the chain starts anew */
    *ret_sequence = strtoull(line, NULL, 10);
    return 0;
}

/* Where the chain goes on. */
struct chain {
    uint64_t sequence;
    char hash[HEX_BYTES];
};

static int append_line(int fd, const char *event, const char *detail,
                       struct chain *chain)
{
    char line[AUDIT_LINE_MAX];
    char time[CLOCK_TEXT_BYTES];
    char before[HEX_BYTES];

    clock_text(clock_unix_ms(), time);
    int size = snprintf(line, sizeof line - HEX_BYTES - 1, "%lu %s %s %s",
                        (unsigned long)++chain->sequence, time, event, detail);
    if (size >= (int)(sizeof line - HEX_BYTES - 1))
        size = (int)(sizeof line - HEX_BYTES - 2);
    memcpy(before, chain->hash, sizeof before);
    hash_line(before, line, (size_t)size, chain->hash);
    size +=
        snprintf(line + size, sizeof line - (size_t)size, " %s\n", chain->hash);
    return io_write_all(fd, line, (size_t)size);
}

static int append_lines(int fd, const char *event, const char *const *details,
                        size_t count, struct chain *chain)
{
    bool torn = false;

    int r = read_tail(fd, &chain->sequence, chain->hash, &torn);
    if (r == 0 && torn)
        r = io_write_all(fd, "\n", 1);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = append_line(fd, event, details[i], chain);
    if (r < 0)
        return r;
    return fsync(fd) < 0 ? -errno : 0;
}

int audit_append_all(int state_fd, const char *event,
                     const char *const *details, size_t count)
{
    struct chain chain;
    OWNED_FD fd =
        openat(state_fd, AUDIT_FILE,
               O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;
    if (sodium_init() < 0)
        return -EIO;
    state_give(state_fd, fd);
    if (flock(fd, LOCK_EX) < 0)
        return -errno;
    int r = append_lines(fd, event, details, count, &chain);
    if (r < 0)
        return r;
    struct span data = {(const uint8_t *)chain.hash, strlen(chain.hash)};
    return state_file_write(state_fd, AUDIT_HEAD, data);
}

int audit_append(int state_fd, const char *event, const char *detail)
{
    return audit_append_all(state_fd, event, &detail, 1);
}

/* Walks the lines; *head_seen when head is the hash of one of them. */
static int verify_lines(FILE *file, const char *head, uint64_t *ret_lines,
                        bool *head_seen)
{
    char line[AUDIT_LINE_MAX + 2];
    char before[HEX_BYTES] = "";
    char written[HEX_BYTES];
    char expected[HEX_BYTES];
    size_t text_bytes = 0;

    while (fgets(line, sizeof line, file)) {
        size_t size = strcspn(line, "\n");
        if (!split(line, size, written, &text_bytes))
            return -ERR_TORN;
        hash_line(before, line, text_bytes, expected);
        if (strcmp(written, expected) != 0 ||
            strtoull(line, NULL, 10) != *ret_lines + 1)
            return -ERR_TORN;
        memcpy(before, written, sizeof before);
        *ret_lines += 1;
        *head_seen = *head_seen || strcmp(head, written) == 0;
    }
    return 0;
}

int audit_verify(int state_fd, uint64_t *ret_lines)
{
    char head[HEX_BYTES + 1] = "";
    size_t size = 0;
    bool head_seen = false;

    *ret_lines = 0;
    int r = io_read_text(state_fd, AUDIT_HEAD, head, sizeof head, &size);
    if (r < 0 && r != -ENOENT)
        return r;
    int fd = openat(state_fd, AUDIT_FILE,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT && size == 0 ? 0 : -ERR_TORN;
    FILE *file = fdopen(fd, "r");
    if (!file) {
        fd_close(&fd);
        return -ENOMEM;
    }
    if (sodium_init() < 0) {
        r = -EIO;
    } else {
        r = verify_lines(file, head, ret_lines, &head_seen);
    }
    fclose(file);
    if (r == 0 && size > 0 && !head_seen)
        r = -ERR_TORN;
    return r;
}
