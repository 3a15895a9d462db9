/*
 * Sessions of the page: 256 random bits in a cookie, a hash of them here, for
 * SESSION_S. In memory: a restart asks for the password again. Any thread.
 * Context: tool.
 */
#ifndef INQUEST_COLLECTOR_SESSION_H
#define INQUEST_COLLECTOR_SESSION_H

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>

#define SESSIONS_MAX        256 /* beyond it the oldest goes */
#define SESSION_S           43200ll
#define SESSION_COOKIE      "inquest"
#define SESSION_TOKEN_BYTES 48

struct session {
    unsigned char hash[crypto_generichash_BYTES];
    int64_t project; /* 0: all */
    int64_t ends_ms; /* 0: free */
};

struct sessions {
    pthread_mutex_t lock;
    struct session list[SESSIONS_MAX];
};

void sessions_init(struct sessions *sessions);

void session_start(struct sessions *sessions, int64_t project, int64_t now_ms,
                   char ret_token[SESSION_TOKEN_BYTES]);

/* Whether token is of a session that has not ended. */
bool session_find(struct sessions *sessions, const char *token, int64_t now_ms,
                  int64_t *ret_project);
void session_end(struct sessions *sessions, const char *token);

#endif
