/*
 * Functions, files and lines for the frames of reports, by symbolizer.h; and
 * for people, what a module's debug information lacks, where it was looked for
 * and which package would have it. Context: tool.
 */
#ifndef INQUEST_REPORTER_SYMBOLS_H
#define INQUEST_REPORTER_SYMBOLS_H

#include <jansson.h>

#define SYMBOLS_WAIT_MS 600000 /* for one report: servers, large modules */

struct symbols;

/*
 * One child for many reports, which may ask debuginfod as symbolizer_start
 * says. Never fails: without the child nothing is named, and each report says
 * so. NULL is one without a child.
 */
struct symbols *symbols_start(const char *debuginfod);
void symbols_stop(struct symbols **symbols);

/*
 * Fills function, file, line of every frame of report (report_to_json with
 * expanded frames) and puts inlined frames before theirs. What each module
 * lacks or where its files and lines came from, and how many frames were too
 * many, is added to *told, an array of sentences; told may be NULL, and then
 * no package manager is asked, which takes longer than all the rest.
 */
void symbols_fill(struct symbols *symbols, json_t *report, json_t *told);

/* The same for one report, with a child of its own. */
void symbols_fill_one(const char *debuginfod, json_t *report, json_t *told);

#endif
