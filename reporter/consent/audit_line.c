/* Text, number and hash. Context: tool. */
#include "reporter/consent/audit_line.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/io.h"
#include "reporter/state_file.h"

#define TAIL_BYTES (2ul * AUDIT_LINE_MAX)
#define WORD_BYTES 32

void audit_line_hash(const char *before, const char *line, size_t size,
                     char ret_hex[AUDIT_HEX_BYTES])
{
    crypto_generichash_state state;
    uint8_t hash[AUDIT_HASH_BYTES];

    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)before, strlen(before));
    crypto_generichash_update(&state, (const uint8_t *)line, size);
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(ret_hex, AUDIT_HEX_BYTES, hash, sizeof hash);
}

bool audit_line_split(const char *line, size_t size,
                      char ret_hash[AUDIT_HEX_BYTES], size_t *ret_text_bytes)
{
    if (size < AUDIT_HEX_BYTES || line[size - AUDIT_HEX_BYTES] != ' ')
        return false;
    memcpy(ret_hash, line + size - (AUDIT_HEX_BYTES - 1), AUDIT_HEX_BYTES - 1);
    ret_hash[AUDIT_HEX_BYTES - 1] = '\0';
    *ret_text_bytes = size - AUDIT_HEX_BYTES;
    return true;
}

/* The last whole line of tail[size], which lies at begin of the file. */
static void read_line(char *tail, size_t size, off_t begin,
                      struct audit_chain *chain)
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
    if (audit_line_split(line, strlen(line), chain->hash, &text_bytes))
        chain->sequence = strtoull(line, NULL, 10);
    /* else verify will say so; the chain starts anew */
}

int audit_line_last(int fd, struct audit_chain *ret_chain)
{
    char tail[TAIL_BYTES + 1];
    struct stat status;

    *ret_chain = (struct audit_chain){0};
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

int audit_line_append(int fd, const char *event, const char *detail,
                      struct audit_chain *chain)
{
    char line[AUDIT_LINE_MAX];
    char time[CLOCK_TEXT_BYTES];
    char before[AUDIT_HEX_BYTES];

    clock_text(clock_unix_ms(), time);
    int size = snprintf(line, sizeof line - AUDIT_HEX_BYTES - 1, "%lu %s %s %s",
                        (unsigned long)++chain->sequence, time, event, detail);
    if (size >= (int)(sizeof line - AUDIT_HEX_BYTES - 1))
        size = (int)(sizeof line - AUDIT_HEX_BYTES - 2);
    memcpy(before, chain->hash, sizeof before);
    audit_line_hash(before, line, (size_t)size, chain->hash);
    size +=
        snprintf(line + size, sizeof line - (size_t)size, " %s\n", chain->hash);
    return io_write_all(fd, line, (size_t)size);
}

bool audit_line_first(int fd, struct audit_before *ret_before)
{
    char line[AUDIT_LINE_MAX + 1];
    char event[WORD_BYTES] = "";
    unsigned long from = 0;
    struct audit_before before = {.from = 1};

    ssize_t size = pread(fd, line, sizeof line - 1, 0);
    if (size <= 0 || !memchr(line, '\n', (size_t)size))
        return false;
    line[size] = '\0';
    /* Numbers out of range: sscanf takes them modulo, and verify finds other
     * ones. NOLINTNEXTLINE(cert-err34-c) */
    int count = sscanf(line, "%*31s %*31s %31s from=%lu after=%64[0-9a-f]",
                       event, &from, before.after);
    if (count == 3 && strcmp(event, AUDIT_ROTATED) == 0) {
        before.from = from;
    } else {
        before.after[0] = '\0';
    }
    *ret_before = before;
    return true;
}
