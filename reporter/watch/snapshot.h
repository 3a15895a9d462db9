/*
 * A look at a living process by the dumper: all stacks and memory now, as a
 * report in the queue. The process goes on. Context: tool.
 */
#ifndef INQUEST_REPORTER_SNAPSHOT_H
#define INQUEST_REPORTER_SNAPSHOT_H

#include "proto/base/compiler.h"
#include "proto/report_codec.h"
#include "reporter/home.h"
#include "reporter/watch/watched.h"

#define SNAPSHOT_WHY_BYTES 512

/*
 * Takes it and writes the report's id. watched->box may be NULL: any process
 * that the kernel lets us trace. Fails with -ESRCH, -EBUSY (another process
 * traces it), -EPERM, or -EIO, and then writes into ret_why a sentence that
 * says why and what to do.
 */
MUST_CHECK int snapshot_take(const struct home *home,
                             const struct watched *watched,
                             char ret_id[REPORT_ID_BYTES],
                             char ret_why[SNAPSHOT_WHY_BYTES]);

#endif
