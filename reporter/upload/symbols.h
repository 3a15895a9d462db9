/*
 * Functions, files and lines for the frames of a report, by symbolizer.h; and
 * for people, what a module's debug information lacks, where it was looked for
 * and which package would have it. Context: tool.
 */
#ifndef INQUEST_REPORTER_SYMBOLS_H
#define INQUEST_REPORTER_SYMBOLS_H

#include <jansson.h>

#include "reporter/show/symbolizer.h"

#define SYMBOLS_FRAMES_MAX  100000 /* of one report: 1,024 deep threads */
#define SYMBOLS_INLINED_MAX 64     /* of one address */

/*
 * Fills function, file, line of every frame of report (report_to_json with
 * expanded frames) and puts inlined frames before theirs. What a module lacks
 * is added to *missing, an array of sentences. Without the child (symbolizer
 * NULL) the frames stay as they are, and missing says so.
 */
void symbols_fill(struct symbolizer *symbolizer, json_t *report,
                  json_t *missing);

/*
 * The same for one report, with a child of its own, which may ask debuginfod as
 * symbolizer_start says.
 */
void symbols_fill_one(const char *debuginfod, json_t *report, json_t *missing);

#endif
