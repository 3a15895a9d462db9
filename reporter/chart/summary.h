/*
 * A history in a sentence or two, for whoever reads no chart. Context: tool.
 */
#ifndef INQUEST_REPORTER_SUMMARY_H
#define INQUEST_REPORTER_SUMMARY_H

#include "reporter/chart/history.h"

#define SUMMARY_BYTES 400

/*
 * "10 min in 602 samples, 12:00:01 to 12:10:03 UTC. Resident memory 225.3 MiB
 * at last, highest 230.1 MiB; the limit is 256.0 MiB." utf8: dashes.
 */
void summary_write(const struct history_span *span,
                   char ret_text[SUMMARY_BYTES]);

/*
 * "Anonymous memory grew by 210.2 MiB, 21.0 MiB a minute." "" when it did not
 * grow by a twentieth, or in less than ten seconds.
 */
void summary_growth(const struct history_span *span,
                    char ret_text[SUMMARY_BYTES]);

/* "2026-11-25 12:10:03 UTC", local time. */
#define SUMMARY_TIME_BYTES 64
void summary_time(int64_t time_ms, char ret_text[SUMMARY_TIME_BYTES]);

#endif
