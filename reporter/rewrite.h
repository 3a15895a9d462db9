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

/*
 * Keeps only what is in classes (CLASS_BIT()s) in every report of new/ and
 * sent/, and puts installation_id, when not NULL, in place of theirs. Writes
 * how many were changed. A report that is being sent is left to its claimant,
 * which checks consent once more; one that cannot be read is erased.
 */
MUST_CHECK int rewrite_all(struct home *home, uint32_t classes,
                           const char *installation_id, unsigned *ret_changed);

#endif
