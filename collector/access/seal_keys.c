/* Keys of a file. Context: tool. */
#include "collector/access/seal_keys.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/access/secret.h"
#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"

static int parse(char *text, struct seal_keys *keys)
{
    for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
        while (isspace((unsigned char)*line))
            line++;
        line[strcspn(line, " \t\r")] = '\0';
        if (*line == '\0' || *line == '#')
            continue;
        if (keys->count == SEAL_KEYS_MAX)
            return -ERR_LIMIT;
        if (seal_key_parse(line, keys->list[keys->count]) < 0)
            return -ERR_FORMAT;
        keys->count++;
    }
    return keys->count > 0 ? 0 : -ERR_FORMAT;
}

int seal_keys_read(const char *path, struct seal_keys *ret_keys)
{
    char text[SECRET_FILE_BYTES];
    struct seal_keys keys = {.count = 0};

    int r = secret_read_text(path, text);
    if (r == 0)
        r = parse(text, &keys);
    if (r == 0)
        *ret_keys = keys;
    sodium_memzero(text, sizeof text);
    sodium_memzero(&keys, sizeof keys);
    return r;
}

int seal_keys_open(const struct seal_keys *keys, struct span sealed,
                   uint8_t **ret_plain)
{
    int r = -ERR_SEALED;

    for (size_t i = 0; r == -ERR_SEALED && i < keys->count; i++)
        r = seal_open(keys->list[i], sealed, ret_plain);
    return r;
}

int seal_keys_make(const char *path, char ret_public[SEAL_TEXT_BYTES])
{
    char line[SEAL_TEXT_BYTES];
    OWNED_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;
    int r = seal_key_pair(line, ret_public);
    line[SEAL_TEXT_BYTES - 1] = '\n'; /* in place of its end */
    if (r == 0)
        r = io_write_all(fd, line, sizeof line);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    sodium_memzero(line, sizeof line);
    if (r < 0)
        (void)unlink(path); /* ours */
    return r;
}
