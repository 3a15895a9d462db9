/*
 * Secrets as hashes. A secrets file has one secret a line, each as
 *
 *     blake2b:HEX       a token that --make-token made (256 random bits, so a
 *                       quick hash is enough)
 *     $argon2id$…       a password that --hash-password hashed
 *     anything else     the secret itself, hashed when it is read
 *
 * '#' begins a comment. Several lines: old and new while one is replaced. The
 * file must not be readable by group or others, unless it lies in
 * $CREDENTIALS_DIRECTORY. Comparing takes the same time however much of a
 * guess is right. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_SECRET_H
#define INQUEST_COLLECTOR_SECRET_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>

#include "proto/base/compiler.h"

#define SECRETS_MAX        16 /* of one file */
#define SECRET_BYTES_MAX   256
#define SECRET_TOKEN_BYTES 48         /* of a made one, as text with the NUL */
#define SECRET_FILE_BYTES  (8192 + 1) /* with the NUL */
#define SECRET_LINE_BYTES  crypto_pwhash_STRBYTES

struct secret {
    unsigned char token[crypto_generichash_BYTES];
    char password[crypto_pwhash_STRBYTES]; /* "": it is a token */
};

struct secrets {
    struct secret list[SECRETS_MAX];
    size_t count;
};

/*
 * The text of a file of secrets, with a NUL behind it; the caller wipes it. A
 * name without '/' lies in $CREDENTIALS_DIRECTORY. Fails with -errno, -EPERM
 * (others may read it), -ERR_LIMIT (longer); ret_text is then "".
 */
MUST_CHECK int secret_read_text(const char *path,
                                char ret_text[SECRET_FILE_BYTES]);

/*
 * Reads a file; a name without '/' lies in $CREDENTIALS_DIRECTORY. passwords:
 * a plain line is a password, else a token. Fails with -errno, -EPERM (others
 * may read it), -ERR_LIMIT, -ERR_FORMAT (no secret in it).
 */
MUST_CHECK int secrets_read(const char *path, bool passwords,
                            struct secrets *ret_secrets);

/*
 * Whether given is one of them. A password takes some 16 MiB for about 50 ms;
 * one at a time in this process.
 */
bool secrets_match(const struct secrets *secrets, const char *given);

/* A new token and the line that keeps it. */
void secret_make_token(char ret_token[SECRET_TOKEN_BYTES],
                       char ret_line[SECRET_LINE_BYTES]);

/* Fails with -ENOMEM. */
MUST_CHECK int secret_hash_password(const char *password,
                                    char ret_line[SECRET_LINE_BYTES]);

#endif
