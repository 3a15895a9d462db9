/*
 * Sealing what lies in the queue, where the configuration names a public key
 * (seal_key): each report that may leave is filtered and redacted as for
 * sending, and replaced by its sealed form; from then on only the collector
 * can read it. What may not leave stays its owner's to read. Context: tool.
 */
#ifndef INQUEST_REPORTER_SEAL_QUEUE_H
#define INQUEST_REPORTER_SEAL_QUEUE_H

#include "reporter/home.h"
#include "reporter/upload/outgoing.h"

/* Whether reports are to be sealed. */
bool home_seals(const struct home *home);

/* False: seal_key is not 64 hexadecimal digits, and nothing may be sent. */
bool home_seal_key_usable(const struct home *home);

/*
 * Seals every readable report that may leave. The bytes it had are
 * overwritten, as far as the file system writes in place. One that an uploader
 * has is left to it. Fails with -EINVAL: seal_key is no key; or what the disk
 * says of the first that failed.
 */
MUST_CHECK int seal_queue(struct home *home);

/* Seals the body of what is about to be posted. Fails as seal_queue. */
MUST_CHECK int seal_outgoing(const struct home *home,
                             struct outgoing *outgoing);

#endif
