/*
 * The locks of those who write what the program told: its own threads by the
 * API, and the sampler that wipes what was denied. A lock of another pid was
 * copied by fork from a thread that the child does not have: it counts as free.
 * Neither is recursive. Context: any.
 */
#ifndef INQUEST_HANDLER_BOX_LOCK_H
#define INQUEST_HANDLER_BOX_LOCK_H

#include <stdbool.h>

#include "proto/base/compiler.h"

/* Held for a copy; a crash inside leaves one torn record, which readers skip.
 */
void box_lock(void);
void box_unlock(void);

#define BOX_REPORT_WAIT_MS 3000 /* more than one report takes */

/*
 * Held while a report of a living program is made (2 s at most), and taken
 * before box_lock: the record that it is about stays as it is, and whoever
 * writes another one does not wait. False: it was taken for too long.
 */
MUST_CHECK bool box_report_lock(void);
void box_report_unlock(void);

#endif
