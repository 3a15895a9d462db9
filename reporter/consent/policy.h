/*
 * The administrator's policy: a ceiling, never a grant.
 *
 *     allow = REQUIRED DETECTION FEEDBACK      classes that may leave
 *     mandatory = REQUIRED                     the user cannot deny it
 *     privacy_setting = on                     locks the setting
 *
 * No file: everything may be allowed below it. A file that is malformed,
 * unreadable, a symbolic link or writable by others: nothing may leave.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_POLICY_H
#define INQUEST_REPORTER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define POLICY_PROBLEM_BYTES 256

enum policy_privacy {
    POLICY_PRIVACY_FREE,
    POLICY_PRIVACY_ON,
    POLICY_PRIVACY_OFF
};

struct policy {
    uint32_t allowed; /* CLASS_BIT()s */
    bool required_by_rule;
    bool present;
    enum policy_privacy privacy;
    char problem[POLICY_PROBLEM_BYTES]; /* why nothing is allowed, or "" */
};

/* Reads one file; never fails: see above. */
void policy_read(const char *path, struct policy *ret_policy);

/*
 * Takes away from *policy what further does not allow. For INQUEST_POLICY_FILE:
 * it can restrict, but neither allow nor make anything mandatory.
 */
void policy_restrict(struct policy *policy, const struct policy *further);

/* "REQUIRED, DETECTION": any mix of commas and spaces; "none". */
MUST_CHECK int policy_parse_classes(const char *text, uint32_t *ret_mask);

#endif
