/*
 * The files of the audit log: audit.log, which is written to, and the older
 * ones, audit.log.N, of which the last line has the number N. One rename makes
 * an older one of it, and no file's name changes again, so whatever is cut
 * short in between goes on as it stands. Context: tool.
 */
#ifndef INQUEST_REPORTER_AUDIT_FILES_H
#define INQUEST_REPORTER_AUDIT_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "reporter/consent/audit_line.h"

#define AUDIT_BYTES_MAX  (4 << 20) /* then it is an older one */
#define AUDIT_OLDER_MAX  15
#define AUDIT_LISTED_MAX 64 /* the newest; more were never ours */
#define AUDIT_NAME_BYTES 32

struct audit_files {
    uint64_t last[AUDIT_LISTED_MAX]; /* of each older one, rising */
    size_t count;
};

/* The older ones. Fails with -errno. */
MUST_CHECK int audit_files_list(int state_fd, struct audit_files *ret_files);

/*
 * What the first line of the newest file says of those before it; of a log
 * without lines that all are kept.
 */
MUST_CHECK int audit_files_before(int state_fd, const struct audit_files *files,
                                  struct audit_before *ret_before);

/* The name of the older one that ends with this line. */
void audit_files_name(uint64_t last, char ret_name[AUDIT_NAME_BYTES]);

#endif
