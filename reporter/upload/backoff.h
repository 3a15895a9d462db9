/*
 * When to try again: exponential back-off with full jitter, a pure function,
 * and where it is remembered across restarts. Context: tool.
 */
#ifndef INQUEST_REPORTER_BACKOFF_H
#define INQUEST_REPORTER_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define BACKOFF_BASE_S   30
#define BACKOFF_MAX_S    21600 /* 6 h */
#define BACKOFF_SERVER_S 86400 /* 24 h: what a server may ask at most */

#define BACKOFF_WATCHED_S 15

/*
 * The time of the next attempt, after attempt (from 1) failures in a row: now
 * plus a random part of base * 2^(attempt - 1), at most BACKOFF_MAX_S; never
 * less than a second. seed: 64 random bits.
 */
int64_t backoff_next(unsigned attempt, int64_t now_s, uint64_t seed);

/*
 * The same for who waits for it, in a container or with a prompt: the network
 * may be back at any moment, so never more than BACKOFF_WATCHED_S.
 */
int64_t backoff_next_watched(unsigned attempt, int64_t now_s, uint64_t seed);

/*
 * The time that Retry-After asks for (RFC 9110 section 10.2.3: seconds or an
 * HTTP date), at most BACKOFF_SERVER_S from now. Fails with -ERR_FORMAT.
 */
MUST_CHECK int backoff_retry_after(const char *text, int64_t now_s,
                                   int64_t *ret_time_s);

struct backoff {
    unsigned attempt; /* failures in a row */
    int64_t next_s;   /* CLOCK_REALTIME in seconds, not before it */
    bool by_server;   /* it was the server who asked */
};

/*
 * Whether it is too early. A time further away than any that we set means that
 * the clock was set back since: then it is not.
 */
bool backoff_waits(const struct backoff *backoff, int64_t now_s);

/* STATE/backoff; what cannot be read is as if there was none. */
void backoff_read(int state_fd, struct backoff *ret_backoff);
MUST_CHECK int backoff_write(int state_fd, const struct backoff *backoff);

#endif
