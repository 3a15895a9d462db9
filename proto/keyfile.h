/*
 * Files of "key = value" lines: configuration, policy, consent. A line that
 * starts with '#' is a comment. Whoever may write such a file decides what
 * leaves the machine: a symbolic link, a file of another user (but root, or
 * the owner of the directory it is opened in) or one that others may write to
 * is refused, by root too. Context: tool.
 */
#ifndef INQUEST_PROTO_KEYFILE_H
#define INQUEST_PROTO_KEYFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/compiler.h"

#define KEYFILE_BYTES_MAX (64u << 10)
#define KEYFILE_LINES_MAX 1000

struct keyfile_line {
    const char *key;
    const char *value; /* spaces around it removed */
    unsigned number;   /* from 1 */
};

struct keyfile {
    char *data; /* the text, cut into strings */
    struct keyfile_line *lines;
    size_t count;
    bool owned_by_root;
};

#define OWNED_KEYFILE CLEANUP(keyfile_close) struct keyfile

/*
 * Reads path, relative to dir_fd. Fails with -errno (-ENOENT: there is none),
 * -EPERM (not to be trusted, see above), -ELOOP (a symbolic link), -ERR_LIMIT,
 * or -ERR_FORMAT; ret_line, when not NULL, then holds the number of the line.
 * On failure *ret_file is closed.
 */
MUST_CHECK int keyfile_open(int dir_fd, const char *path,
                            struct keyfile *ret_file, unsigned *ret_line);
void keyfile_close(struct keyfile *file);

/* The same for a text in memory, which is copied. */
MUST_CHECK int keyfile_parse(const char *text, size_t size_bytes,
                             struct keyfile *ret_file, unsigned *ret_line);

/*
 * Whether keyfile_open failed for want of the file's bytes (the disk, memory,
 * descriptors, rights): what it says is then unknown, and may be asked again.
 * False for what is malformed or not trusted: it stays so.
 */
bool keyfile_unread(int r);

/* What to tell a person of a failure of keyfile_open. */
const char *keyfile_error(int r);

/* The last value of key, or NULL. */
const char *keyfile_get(const struct keyfile *file, const char *key);

#endif
