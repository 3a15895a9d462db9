/*
 * STATE/audit.log: what was consented to, sent, discarded. Append-only; each
 * line ends with the BLAKE2b hash of the hash before it and of the line, so
 * that a changed, removed or inserted line shows. STATE/audit.head holds the
 * last hash, so that a cut end shows too, for good: a head that is in no line
 * is never replaced. Whoever may write here can make both anew: it shows what
 * happened to the file, not who did it. No contents of reports.
 *
 * A file of AUDIT_BYTES_MAX becomes an older one, audit.log.N (audit_files.h);
 * the chain goes on in a new one, whose first line says from which line on all
 * are kept. Beyond AUDIT_OLDER_MAX the oldest goes, once a line says so.
 *
 *     SEQUENCE TIME EVENT DETAIL… HASH
 *
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_AUDIT_H
#define INQUEST_REPORTER_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define AUDIT_FILE       "audit.log"
#define AUDIT_HEAD       "audit.head"
#define AUDIT_LINE_MAX   1024
#define AUDIT_HASH_BYTES 32

/*
 * Appends one line, durably. event is one word ("consent", "sent", …), detail
 * has no newline. While another process writes it is waited for, LOCK_WAIT_MS
 * at most: then -ERR_HELD, and the next call of this process does not wait.
 */
MUST_CHECK int audit_append(int state_fd, const char *event,
                            const char *detail);

/* The same for details[count], a line each, with one sync for all. */
MUST_CHECK int audit_append_all(int state_fd, const char *event,
                                const char *const *details, size_t count);

/*
 * Checks the whole chain, through all files. Writes the number of the last
 * whole line, which is how many were written; fails with
 * -ERR_TORN when a line is not what it was (*ret_lines: those before it), or
 * when the end was cut off. Half a line behind the head is a write that was
 * cut short and promised nothing: the next append takes it away. Takes no lock:
 * when a file came or went meanwhile it reads all again, a few times at most.
 */
MUST_CHECK int audit_verify(int state_fd, uint64_t *ret_lines);

#endif
