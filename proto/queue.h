/*
 * The queue: the directory where reports wait to be uploaded.
 *
 *     tmp/NAME --rename--> new/NAME --claim--> busy/NAME --> sent/NAME
 *                                                      \--> bad/NAME
 *
 * NAME is REPORTID.inq (36 characters and the ending). A report is complete
 * once it has a name in new/. This header holds the directory contract and the
 * drop; taking out is reporter/queue/claim.h. Rename-as-commit follows maildir
 * (maildir(5)). Directories are 0700, files 0600. Context: tool.
 */
#ifndef INQUEST_PROTO_QUEUE_H
#define INQUEST_PROTO_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/base/span.h"

#define QUEUE_DIR            "queue" /* in STATE */
#define QUEUE_NAME_BYTES     41      /* with the NUL */
#define QUEUE_COUNT_MAX      10000
#define QUEUE_BYTES_MAX      (512u << 20)
#define QUEUE_FREE_BYTES_MIN (16u << 20) /* kept free on the disk */

enum queue_place {
    QUEUE_TMP,
    QUEUE_NEW,
    QUEUE_BUSY,
    QUEUE_SENT,
    QUEUE_BAD,
    QUEUE_PLACES
};

struct queue {
    int dir_fd[QUEUE_PLACES];
};

/* A closed queue, safe to close again. */
#define QUEUE_CLOSED                     \
    {                                    \
        .dir_fd = { -1, -1, -1, -1, -1 } \
    }
#define OWNED_QUEUE CLEANUP(queue_close) struct queue

/* The directory's name inside queue/: "tmp", "new", …. */
const char *queue_place_name(enum queue_place place);

/*
 * Opens STATE/queue, creating what is missing. state_fd is a descriptor of the
 * state directory. Refuses symbolic links and directories that others may
 * write to (-EPERM). On failure *ret_queue is closed.
 */
MUST_CHECK int queue_open(int state_fd, struct queue *ret_queue);
void queue_close(struct queue *queue);

/*
 * Drops one report: header and payload (frame.h) under NAME. On return the
 * report has its name in new/; nothing is synced yet. Call queue_sync when
 * nobody waits any more.
 *
 * Fails with -ERR_LIMIT (larger than FRAME_PAYLOAD_BYTES_MAX), -EEXIST, or
 * what the disk says; the queue is then as before.
 */
MUST_CHECK int queue_drop(struct queue *queue, const char *report_id,
                          struct span header, struct span payload);

/* Syncs the report's file and then new/. Blocks. */
MUST_CHECK int queue_sync(struct queue *queue, const char *report_id);

/*
 * Whether a further report of size_bytes fits the limits above. Fails with
 * -ERR_QUEUE_FULL, or -ENOSPC when less than QUEUE_FREE_BYTES_MIN would stay.
 * Counts the entries of new/ and busy/, but not of directories so short that
 * they cannot hold too many: some microseconds for a queue that is delivered.
 */
MUST_CHECK int queue_room(struct queue *queue, size_t size_bytes);

/*
 * Takes a report out of place before its bytes go, so that what is killed
 * half way leaves it whole where it was or nowhere: it is renamed to tmp/, and
 * erased there. What dies between is swept. Fails with -ENOENT and what the
 * disk says.
 */
MUST_CHECK int queue_withdraw(struct queue *queue, enum queue_place place,
                              const char *name);

/* Writes REPORTID.inq into ret_name. Fails with -EINVAL unless it is a UUID. */
MUST_CHECK int queue_name(const char *report_id,
                          char ret_name[QUEUE_NAME_BYTES]);

#endif
