/*
 * Sealed bytes: only who holds a secret key can open them (libsodium's
 * crypto_box_seal: X25519, XSalsa20, Poly1305). Keys are written as 64
 * hexadecimal digits. Context: tool.
 */
#ifndef INQUEST_PROTO_SEAL_H
#define INQUEST_PROTO_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/base/span.h"

#define SEAL_KEY_BYTES  32
#define SEAL_TEXT_BYTES 65 /* of a key, with the NUL */
#define SEAL_MORE_BYTES 48 /* sealed bytes are longer by so much */

/* A sealed gzip of a report, as it is posted. */
#define SEAL_MEDIA_TYPE "application/x-inquest-sealed"

/* Fails with -EINVAL: not 64 hexadecimal digits. */
MUST_CHECK int seal_key_parse(const char *text,
                              uint8_t ret_key[SEAL_KEY_BYTES]);

/* A new pair. Fails with -EIO. */
MUST_CHECK int seal_key_pair(char ret_secret[SEAL_TEXT_BYTES],
                             char ret_public[SEAL_TEXT_BYTES]);

/*
 * plain sealed for public_key, from malloc, SEAL_MORE_BYTES longer. Fails with
 * -ENOMEM, -EIO (no randomness), -EINVAL (no such point).
 */
MUST_CHECK int seal_make(const uint8_t public_key[SEAL_KEY_BYTES],
                         struct span plain, uint8_t **ret_sealed);

/* The way back, from malloc. Fails with -ERR_SEALED: not with this key. */
MUST_CHECK int seal_open(const uint8_t secret_key[SEAL_KEY_BYTES],
                         struct span sealed, uint8_t **ret_plain);

#endif
