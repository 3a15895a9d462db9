/*
 * How long what of a report is kept: each field's days in the schema
 * (proto/report.proto), from its reception, or fewer by configuration. What
 * identifies a report stays as long as anything else of it does. Pure.
 * Context: tool.
 */
#ifndef INQUEST_COLLECTOR_RETENTION_H
#define INQUEST_COLLECTOR_RETENTION_H

#include <stdint.h>

#include "proto/report_codec.h"

/*
 * Clears what is older than age_days allows. Returns the age, in days, at
 * which something more is to go; 0: nothing but its identity is left.
 */
unsigned retention_trim(Inquest__V1__Report *report, unsigned age_days,
                        unsigned days_max);

/* That age for a report that just came. */
unsigned retention_first(const Inquest__V1__Report *report, unsigned days_max);

#endif
