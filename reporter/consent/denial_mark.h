/*
 * A denial that finds no room, or the lock held: nothing may be sent after it
 * all the same, so it is said by what takes no block of the disk, and what
 * nobody undoes who has read before.
 *
 *     STATE/denied.CLASS   an empty file, which is a name and an inode
 *     queue/, mode 01000   where not even that can be had: all is denied
 *     per-report/denied.ID the same of one report: all of it is denied
 *
 * Of queue/, for a service manager sets the mode of STATE anew at each start
 * (systemd.exec(5), StateDirectoryMode). That mode is taken where queue/ cannot
 * be opened, for want of descriptors, and was by an earlier inquest: it is
 * read, too, and moved.
 *
 * The next consent file that is written says it in words, and the marks go:
 * those that its writer had read. Context: tool.
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

/*
 * The same for all of one report. Its mark is read (0: none; before the file)
 * and cleared in the directory per-report, open as words_fd.
 */
MUST_CHECK int denial_mark_report(int state_fd, const char *report_id);
MUST_CHECK int denial_mark_report_read(int words_fd, const char *report_id,
                                       struct consent_mark *ret_mark);
MUST_CHECK int denial_mark_report_clear(int words_fd, const char *report_id,
                                        const struct consent_mark *read);
/* Forgets it, with the report. */
void denial_mark_report_remove(int words_fd, const char *report_id);

/*
 * Reads the marks, before the file is read: who writes takes them away behind
 * the file, and so one or the other is seen. Fails with -ERR_WITHHELD when all
 * is denied; then consent has the marks, too.
 */
MUST_CHECK int denial_mark_read(int state_fd, struct consent *consent);

/* Moves what an earlier inquest said by the mode of STATE; it holds as well
 * where that fails. */
MUST_CHECK int denial_mark_move(int state_fd);

/* Adds what was marked to what the consent file says; each mark raises the
 * epoch. */
void denial_mark_apply(struct consent *consent);

/* Takes the marks away that are in consent. On failure some stay, and count. */
MUST_CHECK int denial_mark_clear(int state_fd, const struct consent *consent);

#endif
