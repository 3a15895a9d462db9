/*
 * One report on the terminal, as JSON or as a page: what show and snapshot do
 * alike. Context: tool.
 */
#ifndef INQUEST_REPORTER_REPORT_PRINT_H
#define INQUEST_REPORTER_REPORT_PRINT_H

#include "reporter/command/options.h"
#include "reporter/home.h"

/*
 * Opens the report and prints it as --json, --html, --raw, --source,
 * --debuginfod and --color say. Returns the exit status.
 */
int report_print(const struct home *home, const struct invocation *invocation,
                 const char *id);

/*
 * Whether to colour standard output: --color, else NO_COLOR (no-color.org),
 * else whether it is a terminal.
 */
bool print_color(const struct invocation *invocation);

/*
 * Opens path for a page, for its owner alone; "-" is standard output. NULL
 * after saying why; print_close_page ends it and returns the exit status.
 */
FILE *print_open_page(const char *path);
int print_close_page(FILE *page, const char *path);

#endif
