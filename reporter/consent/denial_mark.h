/*
 * A denial that finds no room: nothing may be sent after it all the same, so it
 * is said by what takes no block of the disk.
 *
 *     STATE/denied.CLASS   an empty file, which is a name and an inode
 *     STATE, mode 01000    where not even that can be had: all is denied
 *     per-report/ID        an empty file that others may write to, so that it
 *                          is not trusted: all of that report is denied
 *
 * The next consent file that can be written says it in words, and the marks go:
 * those that its writer had read. A denial that found the lock held leaves one
 * too, for who holds it may write what it read before. Context: tool.
 */
#ifndef INQUEST_REPORTER_DENIAL_MARK_H
#define INQUEST_REPORTER_DENIAL_MARK_H

#include <stdint.h>

#include "proto/base/compiler.h"
#include "reporter/consent/consent.h"

/*
 * Marks these CLASS_BIT()s, anew where they are marked. Fails with
 * -ERR_WITHHELD when all is denied instead, or with what kept even that from
 * being said.
 */
MUST_CHECK int denial_mark_set(int state_fd, uint32_t classes);

/* The same for all of one report. */
MUST_CHECK int denial_mark_report(int state_fd, const char *report_id);

/*
 * Adds what is marked to what the consent file says; each mark raises the
 * epoch. Fails with -ERR_WITHHELD when all is denied.
 */
MUST_CHECK int denial_mark_read(int state_fd, struct consent *consent);

/* Takes the marks away that are in consent. On failure some stay, and count. */
MUST_CHECK int denial_mark_clear(int state_fd, const struct consent *consent);

#endif
