/*
 * How far it is, on a terminal's stderr, for what takes longer than a second.
 * One line that is drawn over itself and is gone at the end; log lines take
 * its place (log.c). Context: tool.
 */
#ifndef INQUEST_REPORTER_PROGRESS_H
#define INQUEST_REPORTER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_LINE_BYTES 512
#define PROGRESS_DELAY_MS   1000 /* nothing is shown before */
#define PROGRESS_PAUSE_MS   100  /* between two drawings */

struct progress {
    const char *what; /* "reports"; NULL: shows nothing */
    size_t done;
    size_t total;
    int64_t begin_ms; /* CLOCK_MONOTONIC */
    int64_t drawn_ms;
};

/*
 * The line for a terminal of width columns: a bar where there is room for one,
 * counts, and the time left. Pure; never wider than width - 1.
 */
void progress_line(const struct progress *progress, unsigned width,
                   int64_t now_ms, char ret_line[PROGRESS_LINE_BYTES]);

/* Starts one, shown only if wanted and stderr is a terminal. */
void progress_start(struct progress *progress, const char *what, size_t total,
                    bool wanted);
void progress_step(struct progress *progress);
void progress_end(struct progress *progress);

/* Takes the line away, if one is there, for another to be written. */
void progress_hide(void);

#endif
