/*
 * The program inquest-symbolicate as a child: questions and answers as JSON
 * lines (symbolicate/serve.h describes them). What takes longer than a second
 * says so on a terminal. Context: tool.
 */
#ifndef INQUEST_REPORTER_SYMBOLIZER_H
#define INQUEST_REPORTER_SYMBOLIZER_H

#include <jansson.h>

#include "proto/base/compiler.h"

#define SYMBOLIZER_PATIENCE_MS 1000 /* before it says what takes so long */

struct symbolizer;

/*
 * debuginfod: the servers that may be asked for debug files, "" for those of
 * DEBUGINFOD_URLS; NULL: none is asked. Fails with -ENOENT (not installed),
 * -errno.
 */
MUST_CHECK int symbolizer_start(const char *debuginfod,
                                struct symbolizer **ret_symbolizer);
void symbolizer_stop(struct symbolizer **symbolizer);

/*
 * What is known of modules' debug information, for whoever asks to fill:
 * {"MODULE BUILD-ID": what the child said}. Borrowed, as long as symbolizer.
 */
json_t *symbolizer_modules(struct symbolizer *symbolizer);

/* A new reference, or NULL where the child is no more. Borrows request. */
json_t *symbolizer_ask(struct symbolizer *symbolizer, const json_t *request);

#endif
