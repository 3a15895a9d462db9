/*
 * Consent for a reader: what would leave now, and who decides. Context: tool.
 */
#ifndef INQUEST_REPORTER_CONSENT_STATUS_H
#define INQUEST_REPORTER_CONSENT_STATUS_H

#include <jansson.h>
#include <stdio.h>

#include "reporter/home.h"

/* {"epoch", "classes": {"REQUIRED": {"state", "allowed", "decidedBy"}}} */
json_t *consent_status_json(const struct home *home);
void consent_status_print(const struct home *home, FILE *out, unsigned width);

#endif
