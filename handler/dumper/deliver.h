/*
 * A built report into the queue, or into the space reserved in the box.
 * Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_DELIVER_H
#define INQUEST_HANDLER_DUMPER_DELIVER_H

#include "handler/dumper/report_build.h"
#include "proto/queue.h"

/*
 * Filters at recording (allowed: a mask of CLASS_BIT()s), packs, compresses
 * and drops, if there is room. *ret_queue stays open for queue_sync; it is
 * closed on failure.
 */
MUST_CHECK int deliver_queue(struct build *build, uint32_t allowed,
                             struct queue *ret_queue);

/* Puts what deliver_queue compressed into box->spill. -ERR_LIMIT: too large. */
MUST_CHECK int deliver_spill(struct box *box);

#endif
