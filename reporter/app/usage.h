/*
 * Usage of programs under `inquest run`: class OPTIONAL, so nothing is counted
 * before it was granted, and what was counted goes with a denial. One file of
 * STATE/usage/ a day, program and version; when its day (UTC) is over it
 * becomes one report of kind USAGE: the base of crash-free rates.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_USAGE_H
#define INQUEST_REPORTER_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/base/compiler.h"
#include "reporter/app/app_identity.h"
#include "reporter/home.h"

#define USAGE_DIR       "usage"
#define USAGE_DAY_BYTES 11 /* "2026-11-25" */
#define USAGE_FILES_MAX 4096

/* One run under way. */
struct usage_run {
    bool counted; /* the start was; else nothing of it is */
    char name[APP_NAME_BYTES];
    char version[APP_VERSION_BYTES];
    int64_t start_ms;
    uint64_t since_epoch;        /* of the grant that it counts under */
    uint64_t rx_bytes, tx_bytes; /* of the network namespace at its start */
};

/* Counts a start, when that is granted; reads the consent again for it. */
void usage_start(struct home *home, const struct app_identity *app,
                 int64_t start_ms, struct usage_run *ret_run);

/*
 * Counts the end of pid, a zombie still: clean, or by a crash (neither: it was
 * ended from outside), its time, CPU time, and the traffic of its network
 * namespace. home says what is consented to now; after a denial that came in
 * between nothing is counted, nor under another grant.
 */
void usage_end(struct home *home, const struct usage_run *run, pid_t pid,
               bool clean, bool crashed);

/* Makes reports of the days that are over at now_ms. */
MUST_CHECK int usage_report(struct home *home, int64_t now_ms);

/* Forgets all that was counted; overwritten. */
MUST_CHECK int usage_forget(const struct home *home);

#endif
