/*
 * Which charts a history deserves, and what is in each: pure, so that a
 * terminal, a page and a test agree. What is always zero is said in a
 * sentence instead of drawn. Context: tool.
 */
#ifndef INQUEST_REPORTER_CHART_SET_H
#define INQUEST_REPORTER_CHART_SET_H

#include "reporter/chart/axis.h"
#include "reporter/chart/history.h"

#define CHART_LINES_MAX     6
#define CHART_SET_MAX       8
#define CHART_QUIET_MAX     6
#define CHART_ABOVE_FACTOR  4 /* a limit so far above the rest is not drawn */
#define CHART_CAPTION_BYTES 512

struct chart {
    const char *name;  /* one word, for ids and tests: "memory" */
    const char *title; /* "Memory" */
    enum axis_unit unit;
    enum history_value lines[CHART_LINES_MAX]; /* the most important first */
    size_t line_count;
    double high;        /* of all lines in it, the limit too */
    double limit_above; /* a limit that is not drawn; NAN: none */
};

struct chart_set {
    struct chart charts[CHART_SET_MAX];
    size_t count;
    const char *quiet[CHART_QUIET_MAX]; /* sentences */
    size_t quiet_count;
};

void chart_set_choose(const struct history_span *span,
                      struct chart_set *ret_set);

/* How a line is called and looks; the same everywhere. */
struct chart_line {
    const char *name;  /* "Resident" */
    const char *class; /* of a page's style: "rss" */
    char letter;       /* where a terminal knows no better */
    int color;         /* SGR foreground of ECMA-48 */
    unsigned dots;     /* pattern of a line: which of 8 dots are drawn */
};
extern const struct chart_line chart_lines[HISTORY_VALUES];

/* "killed", "alarm": sign of a mark, for a terminal and for a page. */
const char *chart_mark_sign(enum history_mark_kind kind, bool utf8);

/* Names of categories, in the order of enum history_category. */
extern const char *const chart_categories[HISTORY_CATEGORIES];

/*
 * The chart in words, for whoever does not see it: "Resident: 12.0 MiB at the
 * start, highest 230.1 MiB, 225.3 MiB at the end; …".
 */
void chart_words(const struct chart *chart, const struct history_span *span,
                 char ret_text[CHART_CAPTION_BYTES]);

#endif
