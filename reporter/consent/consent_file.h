/*
 * The durable consent file STATE/consent, what it means for running programs
 * (STATE/consent.page, which they read), and the words for single reports
 * (STATE/per-report/REPORTID). Context: tool.
 *
 *     epoch = 3
 *     OPTIONAL = granted 2026-11-24T11:00:00.000Z uid:1000 command 1f02ac94 3
 *
 * (state, time, actor, way, notice, since epoch). For a report:
 *
 *     granted = SENSITIVE
 *     denied = FEEDBACK
 *     past.OPTIONAL = 3
 *
 * (past: the since epoch of a grant that reaches back to it; a grant after
 * another denial does not). No file: everything unset. A file that is malformed
 * or not to be trusted: everything denied. What could not be written is said by
 * denial_mark.h.
 */
#ifndef INQUEST_REPORTER_CONSENT_FILE_H
#define INQUEST_REPORTER_CONSENT_FILE_H

#include <stdint.h>

#include "proto/base/compiler.h"
#include "reporter/consent/consent.h"

#define CONSENT_FILE       "consent"
#define CONSENT_PER_REPORT "per-report"

/*
 * Reads STATE/consent. Fails as keyfile_open does; *ret_consent then denies
 * everything, so that a caller may go on.
 */
MUST_CHECK int consent_file_read(int state_fd, struct consent *ret_consent);

/* Writes it durably; what was marked (denial_mark.h) is in it by then. */
MUST_CHECK int consent_file_write(int state_fd, const struct consent *consent);

/*
 * The same for a denial of these CLASS_BIT()s, which holds on a full disk too:
 * what cannot be written is marked. held: whether nobody else can write; where
 * somebody can it is marked alone, for either would undo what the other wrote
 * meanwhile. Fails with -ERR_WITHHELD when all is denied instead; else nothing
 * could be changed at all.
 */
MUST_CHECK int consent_file_deny(int state_fd, const struct consent *consent,
                                 uint32_t classes, bool held);
/*
 * Makes the page say what layers say, in place: programs read it at every use.
 * 1: it does now; 0: it did already. DO_NOT_TRACK of this process is left out:
 * a program heeds its own.
 */
MUST_CHECK int consent_page_update(int state_fd,
                                   const struct consent_layers *layers);

/*
 * What was said of one report: masks of CLASS_BIT()s; none said: zeros. What
 * cannot be read is denied, and fails: who changes a word must not write that
 * denial down as if a person had said it.
 */
MUST_CHECK int consent_report_read(int state_fd, const char *report_id,
                                   struct consent_report *report);
MUST_CHECK int consent_report_write(int state_fd, const char *report_id,
                                    const struct consent_report *report);
/* A denial: one that finds no room, or others who can write (held, as above),
 * denies all of the report. */
MUST_CHECK int consent_report_deny(int state_fd, const char *report_id,
                                   const struct consent_report *report,
                                   bool held);
/* Forgets it, with the report. */
void consent_report_remove(int state_fd, const char *report_id);

#endif
