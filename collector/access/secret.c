/* Hashes by libsodium. Context: tool. */
#include "collector/access/secret.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"

#define PATH_BYTES      4096
#define TOKEN_MARK      "blake2b:"
#define PASSWORD_MARK   "$argon2id$"
#define TOKEN_RANDOM    32
#define PASSWORD_PASSES 4
#define PASSWORD_BYTES  (16u << 20)

/* Argon2 takes its memory once at a time, whatever many guess at once. */
static pthread_mutex_t one_password = PTHREAD_MUTEX_INITIALIZER;

static void hash_token(const char *token,
                       unsigned char hash[crypto_generichash_BYTES])
{
    (void)crypto_generichash(hash, crypto_generichash_BYTES,
                             (const unsigned char *)token, strlen(token), NULL,
                             0); /* fails on wrong sizes alone */
}

int secret_hash_password(const char *password, char ret_line[SECRET_LINE_BYTES])
{
    (void)pthread_mutex_lock(&one_password);
    int r = crypto_pwhash_str_alg(ret_line, password, strlen(password),
                                  PASSWORD_PASSES, PASSWORD_BYTES,
                                  crypto_pwhash_ALG_ARGON2ID13);
    (void)pthread_mutex_unlock(&one_password);
    return r == 0 ? 0 : -ENOMEM;
}

void secret_make_token(char ret_token[SECRET_TOKEN_BYTES],
                       char ret_line[SECRET_LINE_BYTES])
{
    unsigned char random[TOKEN_RANDOM];
    unsigned char hash[crypto_generichash_BYTES];
    char hex[2 * crypto_generichash_BYTES + 1];

    randombytes_buf(random, sizeof random);
    (void)sodium_bin2base64(ret_token, SECRET_TOKEN_BYTES, random,
                            sizeof random,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    hash_token(ret_token, hash);
    (void)sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    (void)snprintf(ret_line, SECRET_LINE_BYTES, TOKEN_MARK "%s", hex);
    sodium_memzero(random, sizeof random);
}

static int parse_line(const char *line, bool passwords,
                      struct secret *ret_secret)
{
    size_t mark = sizeof TOKEN_MARK - 1;
    size_t size = 0;

    if (strncmp(line, TOKEN_MARK, mark) == 0) {
        int r =
            sodium_hex2bin(ret_secret->token, sizeof ret_secret->token,
                           line + mark, strlen(line + mark), NULL, &size, NULL);
        return r == 0 && size == sizeof ret_secret->token ? 0 : -ERR_FORMAT;
    }
    if (strlen(line) >= SECRET_BYTES_MAX)
        return -ERR_LIMIT;
    if (strncmp(line, PASSWORD_MARK, sizeof PASSWORD_MARK - 1) == 0) {
        if (strlen(line) >= sizeof ret_secret->password)
            return -ERR_FORMAT;
        memcpy(ret_secret->password, line, strlen(line) + 1);
        return 0;
    }
    if (passwords)
        return secret_hash_password(line, ret_secret->password);
    hash_token(line, ret_secret->token);
    return 0;
}

static int parse(char *text, bool passwords, struct secrets *secrets)
{
    for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
        while (isspace((unsigned char)*line))
            line++;
        size_t size = strlen(line);
        while (size > 0 && isspace((unsigned char)line[size - 1]))
            line[--size] = '\0';
        if (size == 0 || *line == '#')
            continue;
        if (secrets->count == SECRETS_MAX)
            return -ERR_LIMIT;
        int r = parse_line(line, passwords, &secrets->list[secrets->count]);
        if (r < 0)
            return r;
        secrets->count++;
    }
    return secrets->count > 0 ? 0 : -ERR_FORMAT;
}

/* systemd's credentials are guarded by their directory. */
static int open_file(const char *path, int *ret_fd)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    char full[PATH_BYTES];
    struct stat status;
    bool bare = strchr(path, '/') == NULL;

    if (bare && !credentials)
        return -ENOENT;
    int size = snprintf(full, sizeof full, "%s%s%s", bare ? credentials : "",
                        bare ? "/" : "", path);
    if (size >= (int)sizeof full)
        return -ENAMETOOLONG;
    OWNED_FD fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || (!bare && (status.st_mode & 077) != 0))
        return -EPERM;
    *ret_fd = fd_take(&fd);
    return 0;
}

int secret_read_text(const char *path, char ret_text[SECRET_FILE_BYTES])
{
    OWNED_FD fd = -1;
    size_t size = 0;

    int r = open_file(path, &fd);
    if (r == 0)
        r = io_read_all(fd, ret_text, SECRET_FILE_BYTES - 1, &size);
    ret_text[r < 0 ? 0 : size] = '\0';
    return r;
}

int secrets_read(const char *path, bool passwords, struct secrets *ret_secrets)
{
    char text[SECRET_FILE_BYTES];
    struct secrets secrets = {.count = 0};

    int r = secret_read_text(path, text);
    if (r == 0)
        r = parse(text, passwords, &secrets);
    if (r == 0)
        *ret_secrets = secrets;
    sodium_memzero(text, sizeof text);
    sodium_memzero(&secrets, sizeof secrets);
    return r;
}

bool secrets_match(const struct secrets *secrets, const char *given)
{
    unsigned char hash[crypto_generichash_BYTES];
    bool match = false;

    if (strlen(given) >= SECRET_BYTES_MAX)
        return false;
    hash_token(given, hash);
    for (size_t i = 0; i < secrets->count; i++) {
        const struct secret *secret = &secrets->list[i];
        if (secret->password[0]) {
            (void)pthread_mutex_lock(&one_password);
            match |= crypto_pwhash_str_verify(secret->password, given,
                                              strlen(given)) == 0;
            (void)pthread_mutex_unlock(&one_password);
        } else {
            match |= sodium_memcmp(secret->token, hash, sizeof hash) == 0;
        }
    }
    return match;
}
