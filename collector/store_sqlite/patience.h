/*
 * How long a thread waits for locks of the database. SQLite waits for each
 * statement anew: until the busy timeout, and up to 10 s by itself where a
 * read finds no lock on the log (walTryBeginRead in its wal.c). Where the
 * locks themselves fail (ENOLCK) that adds up, for each that waits its turn,
 * and at the end libmicrohttpd aborts because answers are still owed.
 *
 * So the pauses go through a VFS of ours: when a thread had nothing but pauses
 * for PATIENCE_MS, they are over at once, and SQLite gives up after as many
 * tries as ever. Not for all threads together: what one of them has locked the
 * others read without asking the kernel. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_STORE_SQLITE_PATIENCE_H
#define INQUEST_COLLECTOR_STORE_SQLITE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define PATIENCE_MS  2000
#define PATIENCE_VFS "inquest" /* for sqlite3_open_v2 */

/* Makes PATIENCE_VFS; may be called again. Fails with -EIO. */
MUST_CHECK int patience_start(void);

/* A statement of this thread got what it wanted: it waits anew. */
void patience_renew(void);

/*
 * Whether this thread may pause once more at now_ms (CLOCK_MONOTONIC). Where
 * it did not want to for PATIENCE_MS, it waits anew.
 */
bool patience_waits(int64_t now_ms);

#endif
