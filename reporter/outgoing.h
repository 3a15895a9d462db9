/*
 * The very bytes that may leave: what upload sends is what preview shows, made
 * by one function. Context: tool.
 */
#ifndef INQUEST_REPORTER_OUTGOING_H
#define INQUEST_REPORTER_OUTGOING_H

#include "proto/base/span.h"
#include "proto/report_codec.h"
#include "reporter/home.h"

/*
 * Opens a stored file (frame, gzip), lets the consent filter and redaction go
 * over it and packs it. *ret_packed is from malloc. *ret_report, when asked
 * for, is the filtered report, freed by report_free.
 *
 * Fails as report_open does, or with -ERR_DENIED when REQUIRED may not leave:
 * then nothing of a report is worth sending.
 */
MUST_CHECK int outgoing_make(const struct home *home, struct span file,
                             uint8_t **ret_packed, size_t *ret_size,
                             Inquest__V1__Report **ret_report);

#endif
