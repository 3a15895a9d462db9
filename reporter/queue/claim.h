/*
 * Taking reports out of the queue. A claim is a lock on the file that dies
 * with its process, and then the name in busy/:
 *
 *     open new/NAME, lock --rename--> busy/NAME --> sent/ | bad/ | new/
 *
 * A name in busy/ whose file nobody locks was left by a claimant that died:
 * claim_revive puts it back. Locks are of the file, not of its name (flock(2)).
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_CLAIM_H
#define INQUEST_REPORTER_CLAIM_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/queue.h"

struct claim {
    char name[QUEUE_NAME_BYTES];
    int fd; /* open and locked; -1: no claim */
};

#define CLAIM_NONE \
    {              \
        .fd = -1   \
    }
#define OWNED_CLAIM CLEANUP(claim_drop) struct claim

/*
 * Claims one report. Fails with -ENOENT (gone, or another has it), -EBUSY
 * (another is about to have it), or what the disk says.
 */
MUST_CHECK int claim_take(struct queue *queue, const char *report_id,
                          struct claim *ret_claim);

/*
 * Ends the claim: the report goes to place (QUEUE_SENT, QUEUE_BAD, QUEUE_NEW).
 * On failure the claim is over too; the report is then revived later.
 */
MUST_CHECK int claim_end(struct queue *queue, struct claim *claim,
                         enum queue_place place);

/* The same for claims[count], with one sync; each is over in any case. */
MUST_CHECK int claim_end_all(struct queue *queue, struct claim *claims,
                             size_t count, enum queue_place place);

/*
 * Locks a report where it lies, in sent/ or bad/, for who rewrites it there or
 * takes it away: claim_drop lets go. Waits wait_ms. Fails with -ENOENT (gone),
 * -ERR_HELD, or what the disk says.
 */
MUST_CHECK int claim_hold(struct queue *queue, enum queue_place place,
                          const char *report_id, unsigned wait_ms,
                          struct claim *ret_claim);

#define CLAIM_REASON_ENDING ".reason"
/* To bad/, with a file NAME.reason beside it that says why. */
MUST_CHECK int claim_reject(struct queue *queue, struct claim *claim,
                            const char *reason);

/* From bad/ to new/ again, without the reason. Fails as claim_hold; waits
 * LOCK_WAIT_MS. */
MUST_CHECK int claim_requeue(struct queue *queue, const char *report_id);

/*
 * Deletes the claimed report; its bytes are overwritten, by way of tmp/, so
 * that one killed half way leaves nothing that looks like a report.
 */
MUST_CHECK int claim_erase(struct queue *queue, struct claim *claim);

/* Lets go without a word: as if the claimant had died. */
void claim_drop(struct claim *claim);

/* Puts back what dead claimants left; returns how many, or an error. */
MUST_CHECK int claim_revive(struct queue *queue);

/* Enough for a claimant to send a report over a slow network. */
#define CLAIM_SEND_MS 60000u
/* Enough for a claimant that has seen a denial to let go. */
#define CLAIM_LET_GO_MS 10000u

/*
 * Waits until no living claimant holds a report, wait_ms at most for all of
 * them; writes how many were waited for. Fails with -ERR_HELD when one is held
 * all the same.
 */
MUST_CHECK int claim_wait(struct queue *queue, unsigned wait_ms,
                          unsigned *ret_waited);

#endif
