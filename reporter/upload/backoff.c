/* Back-off. Context: tool. */
#include "reporter/upload/backoff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/err.h"
#include "proto/keyfile.h"
#include "reporter/state_file.h"

#define FILE_NAME     "backoff"
#define DOUBLINGS_MAX 16

/* 1 to base * 2^(attempt - 1) seconds, at most max. */
static int64_t jitter(unsigned attempt, uint64_t base, uint64_t max,
                      uint64_t seed)
{
    unsigned doublings = attempt > 0 ? attempt - 1 : 0;

    if (doublings > DOUBLINGS_MAX)
        doublings = DOUBLINGS_MAX;
    uint64_t window = base << doublings;
    if (window > max)
        window = max;
    return 1 + (int64_t)(seed % window);
}

int64_t backoff_next(unsigned attempt, int64_t now_s, uint64_t seed)
{
    return now_s + jitter(attempt, BACKOFF_BASE_S, BACKOFF_MAX_S, seed);
}

int64_t backoff_next_watched(unsigned attempt, int64_t now_s, uint64_t seed)
{
    return now_s + jitter(attempt, 1, BACKOFF_WATCHED_S, seed);
}

/* The three date forms of RFC 9110 section 5.6.7. */
static int parse_date(const char *text, int64_t *ret_time_s)
{
    static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT",
                                        "%A, %d-%b-%y %H:%M:%S GMT",
                                        "%a %b %d %H:%M:%S %Y"};

    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        struct tm parts = {0};
        const char *end = strptime(text, forms[i], &parts);
        if (end && *end == '\0') {
            *ret_time_s = (int64_t)timegm(&parts);
            return 0;
        }
    }
    return -ERR_FORMAT;
}

int backoff_retry_after(const char *text, int64_t now_s, int64_t *ret_time_s)
{
    int64_t time_s = 0;

    if (*text >= '0' && *text <= '9') {
        char *end = NULL;
        unsigned long long seconds = strtoull(text, &end, 10);
        if (*end != '\0')
            return -ERR_FORMAT;
        if (seconds > BACKOFF_SERVER_S)
            seconds = BACKOFF_SERVER_S;
        time_s = now_s + (int64_t)seconds;
    } else {
        int r = parse_date(text, &time_s);
        if (r < 0)
            return r;
    }
    if (time_s > now_s + BACKOFF_SERVER_S)
        time_s = now_s + BACKOFF_SERVER_S;
    *ret_time_s = time_s < now_s ? now_s : time_s;
    return 0;
}

bool backoff_waits(const struct backoff *backoff, int64_t now_s)
{
    int64_t most_s = backoff->by_server ? BACKOFF_SERVER_S : BACKOFF_MAX_S;

    return backoff->next_s > now_s && backoff->next_s <= now_s + most_s;
}

void backoff_read(int state_fd, struct backoff *ret_backoff)
{
    OWNED_KEYFILE file = {0};

    *ret_backoff = (struct backoff){0};
    if (keyfile_open(state_fd, FILE_NAME, &file, NULL) < 0)
        return;
    const char *attempt = keyfile_get(&file, "attempt");
    const char *next = keyfile_get(&file, "next");
    const char *by = keyfile_get(&file, "by");
    if (!attempt || !next)
        return;
    ret_backoff->attempt = (unsigned)strtoul(attempt, NULL, 10);
    ret_backoff->next_s = strtoll(next, NULL, 10);
    ret_backoff->by_server = by && strcmp(by, "server") == 0;
}

int backoff_write(int state_fd, const struct backoff *backoff)
{
    char text[128];

    int size =
        snprintf(text, sizeof text, "attempt = %u\nnext = %lld\nby = %s\n",
                 backoff->attempt, (long long)backoff->next_s,
                 backoff->by_server ? "server" : "us");
    struct span data = {(const uint8_t *)text, (size_t)size};
    return state_file_write(state_fd, FILE_NAME, data);
}
