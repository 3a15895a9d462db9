/*
 * Functions, files and lines for the frames of a report, from the program
 * inquest-symbolicate: debug files are hostile input, so they are read by a
 * limited child that speaks JSON lines. Context: tool.
 */
#ifndef INQUEST_REPORTER_SYMBOLS_H
#define INQUEST_REPORTER_SYMBOLS_H

#include <jansson.h>

#define SYMBOLS_FRAMES_MAX  20000 /* of one report */
#define SYMBOLS_INLINED_MAX 64    /* of one address */

/*
 * Fills function, file, line of every frame of report (report_to_json with
 * expanded frames) and puts inlined frames before theirs. What a module lacks
 * is added to *missing, an array of sentences. Without the child the frames
 * stay as they are, and missing says so.
 */
void symbols_fill(json_t *report, json_t *missing);

#endif
