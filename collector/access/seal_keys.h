/*
 * The secret keys that open sealed reports (proto/seal.h). A file has one a
 * line, 64 hexadecimal digits, '#' begins a comment; several while one is
 * replaced. It must not be readable by group or others, unless it lies in
 * $CREDENTIALS_DIRECTORY. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_SEAL_KEYS_H
#define INQUEST_COLLECTOR_SEAL_KEYS_H

#include "proto/seal.h"

#define SEAL_KEYS_MAX 8

struct seal_keys {
    uint8_t list[SEAL_KEYS_MAX][SEAL_KEY_BYTES];
    size_t count; /* 0: sealed reports cannot be taken */
};

/* Fails with -errno, -EPERM (others may read it), -ERR_LIMIT, -ERR_FORMAT. */
MUST_CHECK int seal_keys_read(const char *path, struct seal_keys *ret_keys);

/* With whichever key opens it; from malloc. Fails with -ERR_SEALED, -ENOMEM. */
MUST_CHECK int seal_keys_open(const struct seal_keys *keys, struct span sealed,
                              uint8_t **ret_plain);

/*
 * Makes a pair: the secret key into the new file path, 0600 and synced, the
 * public one into ret_public. Fails with -EEXIST, -errno, -EIO.
 */
MUST_CHECK int seal_keys_make(const char *path,
                              char ret_public[SEAL_TEXT_BYTES]);

#endif
