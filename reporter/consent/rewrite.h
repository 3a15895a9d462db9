/*
 * Taking data out of reports that are here already: after a denial and after
 * a withdrawal. The old bytes are overwritten, not only unlinked.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_REWRITE_H
#define INQUEST_REPORTER_REWRITE_H

#include <stdint.h>

#include "proto/base/compiler.h"
#include "reporter/home.h"

#define REWRITE_PASSES_MAX 8
#define REWRITE_TMP_AGE_S  60 /* older ones in tmp/ have no writer */

/*
 * Keeps only what is in classes (CLASS_BIT()s) in every report of the queue,
 * wherever it lies, and puts installation_id, when not NULL, in place of
 * theirs. A report that is being sent is waited for (the uploader sees the
 * same denial and lets go); one that is nothing without its class, and one
 * that cannot be read, is erased. Writes how many were changed or erased; a
 * line of the audit log says it too.
 *
 * Consent must have been stored before, so that nothing of those classes is
 * recorded meanwhile. Whatever fails, the rest is done. Fails with -ERR_HELD
 * when a lock was not let go within its bound (CLAIM_LET_GO_MS for the reports
 * together): what is held is then as it was, and sending still filters it.
 */
MUST_CHECK int rewrite_all(struct home *home, uint32_t classes,
                           const char *installation_id, unsigned *ret_changed);

#endif
