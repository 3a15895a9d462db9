/*
 * What an upload would do now: how many of the waiting reports would leave,
 * and what decides over the others. Context: tool.
 */
#ifndef INQUEST_REPORTER_OUTLOOK_H
#define INQUEST_REPORTER_OUTLOOK_H

#include <jansson.h>
#include <stdio.h>

#include "proto/base/compiler.h"
#include "reporter/consent/consent.h"
#include "reporter/home.h"

#define OUTLOOK_REPORTS_MAX 1000 /* are looked into; the oldest */

struct outlook {
    bool endpoint;    /* without one nothing leaves, whatever may */
    unsigned waiting; /* in new/ and busy/ */
    unsigned looked;  /* of them: at most OUTLOOK_REPORTS_MAX */
    unsigned may;     /* leave, of those that were looked into */
    unsigned unreadable;
    unsigned stay[CLASS_COUNT][CONSENT_LAYERS]; /* for want of a class, by */
};

/* Nothing is changed or sent. Fails with what the queue says. */
MUST_CHECK int outlook_read(const struct home *home,
                            struct outlook *ret_outlook);

/* {"waiting", "leave", "stay": [{"count", "class", "decidedBy"}]} */
json_t *outlook_json(const struct outlook *outlook);

/* "Sends now  2 of 3 waiting", and a line for each reason to stay. */
void outlook_print(const struct outlook *outlook, FILE *out);

#endif
