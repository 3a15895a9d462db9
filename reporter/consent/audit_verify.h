/*
 * Whether the audit log is what was written, as far as it is kept.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_AUDIT_VERIFY_H
#define INQUEST_REPORTER_AUDIT_VERIFY_H

#include <stdint.h>

#include "proto/base/compiler.h"

#define AUDIT_HEAD_FIRST "none" /* before the first line is there */

/*
 * As audit_verify, with the head ("" where there is none) as an argument: one
 * that is the hash of no line is that of lines which are gone.
 */
MUST_CHECK int audit_verify_head(int state_fd, const char *head,
                                 uint64_t *ret_lines);

#endif
