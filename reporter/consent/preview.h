/*
 * What would leave, for a person to read before it does. Context: tool.
 */
#ifndef INQUEST_REPORTER_PREVIEW_H
#define INQUEST_REPORTER_PREVIEW_H

#include <stdio.h>

#include "proto/base/compiler.h"
#include "proto/data_class.h"
#include "reporter/home.h"
#include "reporter/queue/reports.h"
#include "reporter/upload/outgoing.h"

#define PREVIEW_PAST_MAX 100 /* reports shown at once; the others stay */

/* The packed bytes as JSON: read back from them, not from the report. */
MUST_CHECK int preview_print(const struct outgoing *outgoing, FILE *out);

/* Waiting reports that a grant which reaches back would let out. */
struct preview_past {
    char ids[PREVIEW_PAST_MAX][REPORT_ID_BYTES];
    size_t count;
    size_t left_out; /* beyond the limit */
    size_t unread;   /* torn, or sealed: nobody here can show them */
};

/*
 * Prints what a grant of class that reaches back would add: each waiting
 * report that would then leave with more than now, as it would leave. Nothing
 * is changed. What cannot be shown is counted. Fails with -ENOMEM, or what the
 * queue says.
 */
MUST_CHECK int preview_past(const struct home *home, enum data_class class,
                            FILE *out, struct preview_past *ret_past);

/* Lets the grant of class that there is reach back to exactly those that were
 * shown; one that follows another denial does not. */
MUST_CHECK int preview_past_allow(const struct home *home,
                                  enum data_class class,
                                  const struct preview_past *past);

#endif
