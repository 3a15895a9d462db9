/*
 * A report in one line: the program, how it ended, and why. Context: tool.
 */
#ifndef INQUEST_REPORTER_HEADLINE_H
#define INQUEST_REPORTER_HEADLINE_H

#include "proto/report_codec.h"

#define HEADLINE_BYTES 256

/* "python3.11 SIGSEGV: null pointer dereference: read of address 0x0" */
void headline_write(const Inquest__V1__Report *report,
                    char ret_line[HEADLINE_BYTES]);

/* Only the cause, for a column. */
void headline_cause(const Inquest__V1__Report *report,
                    char ret_line[HEADLINE_BYTES]);

/* "python3.11": the app, else the executable's file name, else "?". */
const char *headline_app(const Inquest__V1__Report *report);

/* Control characters of foreign text have no business on a terminal: blanks. */
void headline_make_printable(char *text);

/* "CRASH", …; "?" for a number this build does not know. */
const char *headline_kind(const Inquest__V1__Report *report);

#endif
