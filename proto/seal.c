/* By libsodium. Context: tool. */
#include "proto/seal.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(SEAL_KEY_BYTES == crypto_box_PUBLICKEYBYTES, "");
_Static_assert(SEAL_KEY_BYTES == crypto_box_SECRETKEYBYTES, "");
_Static_assert(SEAL_MORE_BYTES == crypto_box_SEALBYTES, "");

int seal_key_parse(const char *text, uint8_t ret_key[SEAL_KEY_BYTES])
{
    uint8_t key[SEAL_KEY_BYTES];
    size_t size = 0;

    if (strlen(text) != SEAL_TEXT_BYTES - 1 ||
        sodium_hex2bin(key, sizeof key, text, strlen(text), NULL, &size,
                       NULL) != 0 ||
        size != sizeof key)
        return -EINVAL;
    memcpy(ret_key, key, sizeof key);
    sodium_memzero(key, sizeof key);
    return 0;
}

int seal_key_pair(char ret_secret[SEAL_TEXT_BYTES],
                  char ret_public[SEAL_TEXT_BYTES])
{
    uint8_t secret_key[SEAL_KEY_BYTES];
    uint8_t public_key[SEAL_KEY_BYTES];

    if (sodium_init() < 0 || crypto_box_keypair(public_key, secret_key) != 0)
        return -EIO;
    (void)sodium_bin2hex(ret_secret, SEAL_TEXT_BYTES, secret_key,
                         sizeof secret_key);
    (void)sodium_bin2hex(ret_public, SEAL_TEXT_BYTES, public_key,
                         sizeof public_key);
    sodium_memzero(secret_key, sizeof secret_key);
    return 0;
}

int seal_make(const uint8_t public_key[SEAL_KEY_BYTES], struct span plain,
              uint8_t **ret_sealed)
{
    if (sodium_init() < 0)
        return -EIO;
    uint8_t *sealed = malloc(plain.size_bytes + SEAL_MORE_BYTES);
    if (!sealed)
        return -ENOMEM;
    if (crypto_box_seal(sealed, plain.data, plain.size_bytes, public_key) !=
        0) {
        free(sealed);
        return -EINVAL;
    }
    *ret_sealed = sealed;
    return 0;
}

int seal_open(const uint8_t secret_key[SEAL_KEY_BYTES], struct span sealed,
              uint8_t **ret_plain)
{
    uint8_t public_key[SEAL_KEY_BYTES];

    if (sealed.size_bytes <= SEAL_MORE_BYTES ||
        crypto_scalarmult_base(public_key, secret_key) != 0)
        return -ERR_SEALED;
    uint8_t *plain = malloc(sealed.size_bytes - SEAL_MORE_BYTES);
    if (!plain)
        return -ENOMEM;
    if (crypto_box_seal_open(plain, sealed.data, sealed.size_bytes, public_key,
                             secret_key) != 0) {
        free(plain);
        return -ERR_SEALED;
    }
    *ret_plain = plain;
    return 0;
}
