/*
 * The one way to wait for a lock of a file (flock(2)). Whoever may open a file
 * may lock it, and hold it for as long as he likes: so no wait is without an
 * end. Context: tool.
 */
#ifndef INQUEST_PROTO_LOCK_H
#define INQUEST_PROTO_LOCK_H

#include <stdint.h>

#include "proto/base/compiler.h"

/* For a file that is held while a line is written and synced. */
#define LOCK_WAIT_MS 5000u

/*
 * Locks the file open as fd, exclusively, waiting at most wait_ms (0: one
 * try). Closing fd lets go. Fails with -ERR_HELD when another still holds it
 * then, or what flock says.
 */
MUST_CHECK int lock_take(int fd, unsigned wait_ms);

/* What is left of a wait that several locks share; from CLOCK_MONOTONIC. */
int64_t lock_until(unsigned wait_ms);
unsigned lock_left(int64_t until_ms);

#endif
