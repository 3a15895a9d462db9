/*
 * The rate limit on log-in: LOG_IN_BURST wrong guesses from one address, then
 * one every LOG_IN_INTERVAL_MS. Addresses share a table of fixed size; where
 * two share a place they share the limit. Pure. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_LOG_IN_LIMIT_H
#define INQUEST_COLLECTOR_LOG_IN_LIMIT_H

#include <stdint.h>

#define LOG_IN_BURST       5
#define LOG_IN_INTERVAL_MS 12000
#define LOG_IN_PLACES      256

/* By address: when all its guesses are free again. All zero at the start. */
struct log_in_limit {
    int64_t free_at_ms[LOG_IN_PLACES];
};

/* 0: it may guess; else after so many milliseconds. */
int64_t log_in_limit_wait(const struct log_in_limit *limit, const char *address,
                          int64_t now_ms);

/* A wrong guess. */
void log_in_limit_count(struct log_in_limit *limit, const char *address,
                        int64_t now_ms);

#endif
