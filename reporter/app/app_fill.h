/*
 * App package info of a report: name and version where neither an option nor
 * the program said them, and the upgrade status. Context: tool.
 */
#ifndef INQUEST_REPORTER_APP_FILL_H
#define INQUEST_REPORTER_APP_FILL_H

#include "proto/report_codec.h"
#include "reporter/app/app_identity.h"
#include "reporter/home.h"

/*
 * Fills what is missing. A version is taken from the executable only while it
 * is the file that ran (its build-id, or a change before the start). Without
 * memory the report stays as it is.
 */
void app_fill(const struct home *home, Inquest__V1__Report *report);

/* What was said of a program. NULL: what the file at path says. */
struct app_said {
    const char *path;
    const char *name;
    const char *version;
};

/*
 * Notes that a program started, so that later reports know whether it is new.
 * Writes what it goes by; fails with -ENOENT when there is nothing to go by.
 */
MUST_CHECK int app_started(const struct home *home, const struct app_said *said,
                           int64_t start_ms, struct app_identity *ret_app);

#endif
