/*
 * Putting the house in order: what others left, and what is too much.
 *
 *     boxes of the dead -> reports        (recover.h)
 *     busy/ of dead claimants -> new/     (claim.h)
 *     tmp/ and temporary names of dead writers -> erased
 *     usage of days that are over -> reports  (usage.h)
 *     beyond the limits -> discarded      (retention.h)
 *
 * Several may sweep at once. Context: tool.
 */
#ifndef INQUEST_REPORTER_SWEEP_H
#define INQUEST_REPORTER_SWEEP_H

#include <stdint.h>

#include "proto/base/compiler.h"
#include "reporter/home.h"

/* A temporary file that nobody touched for so long has no living writer. */
#define SWEEP_TMP_SECONDS 3600

/*
 * All of it, each as far as it goes. Fails with the first error; the rest is
 * done all the same.
 */
MUST_CHECK int sweep(struct home *home);

/* Erases what writers that died left, when nobody touched it for so long. */
MUST_CHECK int sweep_temporary(const struct home *home, int64_t age_s);

#endif
