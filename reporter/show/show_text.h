/*
 * A report for a person at a terminal. Context: tool.
 */
#ifndef INQUEST_REPORTER_SHOW_TEXT_H
#define INQUEST_REPORTER_SHOW_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define SHOW_SOURCE_LINES 2 /* before and after the line of a frame */

struct show {
    const json_t *report;  /* view_open */
    const json_t *missing; /* sentences, or NULL */
    FILE *out;
    bool color;
    bool source;    /* lines of source around frames, where the file is here */
    unsigned width; /* columns of the terminal */
};

void show_text(const struct show *show);

/* One line per time, of blocks that rise with the value. */
#define SPARKLINE_COLUMNS_MAX 60
#define SPARKLINE_BYTES       (SPARKLINE_COLUMNS_MAX * 3 + 1)
void show_sparkline(const json_t *samples, const char *key, unsigned columns,
                    char ret_line[SPARKLINE_BYTES]);

#endif
