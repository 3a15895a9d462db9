/*
 * Changes of the administrator's policy, in the audit log: what it was when a
 * command last looked is in STATE/policy-seen. Context: tool.
 */
#ifndef INQUEST_REPORTER_POLICY_LOG_H
#define INQUEST_REPORTER_POLICY_LOG_H

#include "proto/base/compiler.h"
#include "reporter/home.h"

#define POLICY_SEEN "policy-seen"

/* Appends a line when it is another one than before. */
MUST_CHECK int policy_log(const struct home *home);

#endif
