/*
 * Requests to delete what this installation sent. Each is a file of
 * STATE/deletions/ until the collector has done it:
 *
 *     asked       holds the identifiers; posted at every upload until the
 *                 collector acknowledges (202, or 200)
 *     accepted    the identifiers are overwritten, the collector's number of
 *                 the request takes their place; asked after until completed
 *
 * It is the one message that leaves after a denial, but not under
 * DO_NOT_TRACK: then it waits. The two steps at the collector are in
 * collector/README.md. Context: tool.
 */
#ifndef INQUEST_REPORTER_DELETION_H
#define INQUEST_REPORTER_DELETION_H

#include <stdbool.h>

#include "proto/base/compiler.h"
#include "reporter/home.h"
#include "reporter/upload/transport.h"

#define DELETION_DIR      "deletions"
#define DELETIONS_MAX     64 /* sent in one round; the others in the next */
#define DELETION_DAYS_MAX 30 /* asked after an accepted one */
#define DELETION_ID_BYTES 64 /* the collector's number, with the NUL */

/* Remembers, durably, that these are to be deleted. mac_address may be "". */
MUST_CHECK int deletion_request(const struct home *home,
                                const char *installation_id,
                                const char *mac_address);

/* How requests stand: those not acknowledged, those not completed. */
struct deletion_count {
    unsigned asked;
    unsigned accepted;
    int unlogged; /* why the audit log lacks what the collector said; or 0 */
};
struct deletion_count deletion_count(const struct home *home);

/*
 * Posts what waits and asks after what was accepted; *ret_left is what is
 * still there afterwards. Fails with -EAGAIN when the collector did not
 * acknowledge, or with what the transport said. Blocks as long as a send may.
 */
MUST_CHECK int deletion_send(const struct home *home,
                             struct transport *transport,
                             struct deletion_count *ret_left);

#endif
