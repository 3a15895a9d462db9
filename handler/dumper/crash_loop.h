/*
 * A program that dies again and again: the first deaths make reports, the
 * others are counted (proto/rate_limit.h). Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_CRASH_LOOP_H
#define INQUEST_HANDLER_DUMPER_CRASH_LOOP_H

#include <stdbool.h>

#include "handler/dumper/report_build.h"

/*
 * Whether this death makes a report; needs box and state_fd alone. Remembers
 * in build->unreported how many before it made none, and in the box that this
 * death is let through: one that meets a full disk is not counted twice.
 */
bool crash_loop_allows(struct build *build, struct box *box);

/* The same for a memory alarm: many processes of one program may leak at once.
 */
bool crash_loop_allows_alarm(struct build *build);

/* Says that number in the report. */
void crash_loop_note(struct build *build);

#endif
