/*
 * One day of one version of a program: its file in STATE/usage/, and the
 * report that it becomes. Context: tool.
 */
#ifndef INQUEST_REPORTER_USAGE_DAY_H
#define INQUEST_REPORTER_USAGE_DAY_H

#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/report_codec.h"
#include "reporter/app/app_identity.h"
#include "reporter/app/usage.h"
#include "reporter/home.h"

#define USAGE_FILE_BYTES 48

struct usage_day {
    char day[USAGE_DAY_BYTES];
    char name[APP_NAME_BYTES];
    char version[APP_VERSION_BYTES];
    char report[REPORT_ID_BYTES]; /* its id, once it is about to be made */
    uint64_t starts, clean_ends, crashes, run_ms, cpu_ms, rx_bytes, tx_bytes;
};

/* DAY-CHECKSUM of name and version. */
void usage_day_file(const struct usage_day *day,
                    char ret_name[USAGE_FILE_BYTES]);

/* Fails as keyfile_open; *ret_day then stays. */
MUST_CHECK int usage_day_read(int dir_fd, const char *name,
                              struct usage_day *ret_day);
MUST_CHECK int usage_day_write(int dir_fd, const char *name,
                               const struct usage_day *day);

/*
 * Drops the report and erases the file. Its id is in the file before it is
 * made, so that one killed between the two makes the same report again, not a
 * second one.
 */
MUST_CHECK int usage_day_report(struct home *home, int dir_fd, const char *name,
                                struct usage_day *day);

#endif
