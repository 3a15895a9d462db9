/* The hash chain. Context: tool. */
#include "reporter/consent/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/lock.h"
#include "proto/state_open.h"
#include "reporter/state_file.h"

#define HEX_BYTES  (2u * AUDIT_HASH_BYTES + 1u)
#define TAIL_BYTES (2ul * AUDIT_LINE_MAX)
#define HEAD_FIRST "none" /* before the first line is there */

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

/* Where the chain goes on. */
struct chain {
    uint64_t sequence;
    char hash[HEX_BYTES]; /* of the last line; "" before the first */
    off_t end;            /* of the last line */
    off_t size;           /* of the file; more than end: half a line more */
};

/* The last whole line of tail[size], which lies at begin of the file. */
static void read_line(char *tail, size_t size, off_t begin, struct chain *chain)
{
    size_t text_bytes = 0;

    while (size > 0 && tail[size - 1] != '\n')
        size--;
    if (size == 0)
        return;
    chain->end = begin + (off_t)size;
    tail[--size] = '\0';
    char *line = memrchr(tail, '\n', size);
    line = line ? line + 1 : tail;
    if (split(line, strlen(line), chain->hash, &text_bytes))
        chain->sequence = strtoull(line, NULL, 10);
    /* else verify will say so; the chain starts anew */
}

static int read_tail(int fd, struct chain *ret_chain)
{
    char tail[TAIL_BYTES + 1];
    struct stat status;

    *ret_chain = (struct chain){0};
    if (fstat(fd, &status) < 0)
        return -errno;
    off_t tail_bytes = (off_t)sizeof tail - 1;
    off_t begin = status.st_size > tail_bytes ? status.st_size - tail_bytes : 0;
    ssize_t size = pread(fd, tail, TAIL_BYTES, begin);
    if (size < 0)
        return -errno;
    ret_chain->size = begin + size;
    read_line(tail, (size_t)size, begin, ret_chain);
    return 0;
}

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
    int r = 0;

    if (chain->size > chain->end && ftruncate(fd, chain->end) < 0)
        return -errno;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = append_line(fd, event, details[i], chain);
    if (r < 0)
        return r;
    return fsync(fd) < 0 ? -errno : 0;
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
        if (feof(file) && *head_seen)
            break; /* half a line: never acknowledged */
        if (line[size] != '\n' || !split(line, size, written, &text_bytes))
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

/*
 * Whether head belongs to the log behind fd. Takes fd. Without a head there
 * was never a line; the first one exists before the first line does.
 */
static int verify(int fd, const char *head, uint64_t *ret_lines)
{
    bool head_seen = strcmp(head, HEAD_FIRST) == 0;
    FILE *file = fdopen(fd, "r");

    if (!file) {
        fd_close(&fd);
        return -ENOMEM;
    }
    int r = verify_lines(file, head, ret_lines, &head_seen);
    fclose(file);
    if (r == 0 && !head_seen && (*ret_lines > 0 || *head != '\0'))
        r = -ERR_TORN;
    return r;
}

static int read_head(int state_fd, char ret_head[HEX_BYTES + 1])
{
    size_t size = 0;

    ret_head[0] = '\0';
    int r = io_read_text(state_fd, AUDIT_HEAD, ret_head, HEX_BYTES + 1, &size);
    return r == -ENOENT ? 0 : r;
}

static int write_head(int state_fd, const char *head)
{
    struct span data = {(const uint8_t *)head, strlen(head)};

    return state_file_write(state_fd, AUDIT_HEAD, data);
}

/*
 * Whether the head may move on with the chain: not when it is that of lines
 * which are gone, for then they would not be missed any more.
 */
static bool head_holds(int state_fd, const char *head,
                       const struct chain *chain)
{
    uint64_t lines = 0;

    if (strcmp(head, chain->hash) == 0)
        return true;
    int fd = state_open(state_fd, AUDIT_FILE, O_RDONLY);
    return fd >= 0 && verify(fd, head, &lines) == 0;
}

static int append_locked(int state_fd, int fd, const char *event,
                         const char *const *details, size_t count)
{
    char head[HEX_BYTES + 1] = "";
    struct chain chain;

    int r = read_tail(fd, &chain);
    if (r == 0)
        r = read_head(state_fd, head);
    if (r < 0)
        return r;
    bool holds = head_holds(state_fd, head, &chain);
    if (chain.size == 0 && *head == '\0')
        r = write_head(state_fd, HEAD_FIRST);
    if (r == 0)
        r = append_lines(fd, event, details, count, &chain);
    return r == 0 && holds ? write_head(state_fd, chain.hash) : r;
}

/* Waits once a process: who kept it from us so long does so again. */
static int take_lock(int fd)
{
    static unsigned wait_ms = LOCK_WAIT_MS;

    int r = lock_take(fd, wait_ms);
    wait_ms = r == -ERR_HELD ? 0 : LOCK_WAIT_MS;
    return r;
}

int audit_append_all(int state_fd, const char *event,
                     const char *const *details, size_t count)
{
    OWNED_FD fd = state_open(state_fd, AUDIT_FILE, O_RDWR | O_APPEND | O_CREAT);

    if (fd < 0)
        return fd;
    if (sodium_init() < 0)
        return -EIO;
    int r = take_lock(fd);
    if (r < 0)
        return r;
    return append_locked(state_fd, fd, event, details, count);
}

int audit_append(int state_fd, const char *event, const char *detail)
{
    return audit_append_all(state_fd, event, &detail, 1);
}

int audit_verify(int state_fd, uint64_t *ret_lines)
{
    char head[HEX_BYTES + 1];

    *ret_lines = 0;
    int r = sodium_init() < 0 ? -EIO : read_head(state_fd, head);
    if (r < 0)
        return r;
    int fd = state_open(state_fd, AUDIT_FILE, O_RDONLY);
    if (fd >= 0)
        return verify(fd, head, ret_lines);
    bool first = *head == '\0' || strcmp(head, HEAD_FIRST) == 0;
    return fd == -ENOENT && first ? 0 : -ERR_TORN;
}
