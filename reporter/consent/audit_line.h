/*
 * One line of the audit log, and what the next one needs of it. The first line
 * of a file that others came before is a line "rotated", which says what is
 * kept of those:
 *
 *     SEQUENCE TIME rotated from=SEQUENCE after=HASH HASH
 *
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_AUDIT_LINE_H
#define INQUEST_REPORTER_AUDIT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/base/compiler.h"
#include "reporter/consent/audit.h"

#define AUDIT_HEX_BYTES (2u * AUDIT_HASH_BYTES + 1u)
#define AUDIT_ROTATED   "rotated"

/* Where the chain goes on. */
struct audit_chain {
    uint64_t sequence;          /* of the last line; 0 before the first */
    char hash[AUDIT_HEX_BYTES]; /* of the last line; "" before the first */
    off_t end;                  /* of the last line */
    off_t size;                 /* of the file; more than end: half a line */
};

/* Of the hash before and line[size]. */
void audit_line_hash(const char *before, const char *line, size_t size,
                     char ret_hex[AUDIT_HEX_BYTES]);

/* Cuts "TEXT HASH" into its parts. False: it is no such line. */
bool audit_line_split(const char *line, size_t size,
                      char ret_hash[AUDIT_HEX_BYTES], size_t *ret_text_bytes);

/* Where the chain of the file open as fd goes on. */
MUST_CHECK int audit_line_last(int fd, struct audit_chain *ret_chain);

/* Appends one line and moves the chain on. */
MUST_CHECK int audit_line_append(int fd, const char *event, const char *detail,
                                 struct audit_chain *chain);

/* What the first line of a file says of those before it. */
struct audit_before {
    uint64_t from;               /* the first line that is kept; 1: all are */
    char after[AUDIT_HEX_BYTES]; /* the hash its chain begins with, or "" */
};

/* The first line of the file open as fd; false: there is no whole one. */
bool audit_line_first(int fd, struct audit_before *ret_before);

#endif
