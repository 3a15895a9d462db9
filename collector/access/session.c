/* Sessions in a table. Context: tool. */
#include "collector/access/session.h"

#include <string.h>

#define TOKEN_RANDOM 32

static void hash_of(const char *token,
                    unsigned char hash[crypto_generichash_BYTES])
{
    (void)crypto_generichash(hash, crypto_generichash_BYTES,
                             (const unsigned char *)token, strlen(token), NULL,
                             0); /* fails on wrong sizes alone */
}

void sessions_init(struct sessions *sessions)
{
    memset(sessions, 0, sizeof *sessions);
    (void)pthread_mutex_init(&sessions->lock, NULL); /* cannot fail on Linux */
}

void session_start(struct sessions *sessions, int64_t project, int64_t now_ms,
                   char ret_token[SESSION_TOKEN_BYTES])
{
    unsigned char random[TOKEN_RANDOM];
    struct session *oldest = &sessions->list[0];

    randombytes_buf(random, sizeof random);
    (void)sodium_bin2base64(ret_token, SESSION_TOKEN_BYTES, random,
                            sizeof random,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    (void)pthread_mutex_lock(&sessions->lock);
    for (size_t i = 1; i < SESSIONS_MAX; i++) {
        if (sessions->list[i].ends_ms < oldest->ends_ms)
            oldest = &sessions->list[i];
    }
    oldest->project = project;
    oldest->ends_ms = now_ms + SESSION_S * 1000;
    hash_of(ret_token, oldest->hash);
    (void)pthread_mutex_unlock(&sessions->lock);
}

/* All are compared, so that time tells nothing. */
static struct session *find(struct sessions *sessions, const char *token)
{
    unsigned char hash[crypto_generichash_BYTES];
    struct session *found = NULL;

    hash_of(token, hash);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        if (sodium_memcmp(sessions->list[i].hash, hash, sizeof hash) == 0)
            found = &sessions->list[i];
    }
    return found;
}

bool session_find(struct sessions *sessions, const char *token, int64_t now_ms,
                  int64_t *ret_project)
{
    (void)pthread_mutex_lock(&sessions->lock);
    const struct session *session = find(sessions, token);
    bool lives = session && session->ends_ms > now_ms;
    if (lives)
        *ret_project = session->project;
    (void)pthread_mutex_unlock(&sessions->lock);
    return lives;
}

void session_end(struct sessions *sessions, const char *token)
{
    (void)pthread_mutex_lock(&sessions->lock);
    struct session *session = find(sessions, token);
    if (session)
        memset(session, 0, sizeof *session);
    (void)pthread_mutex_unlock(&sessions->lock);
}
