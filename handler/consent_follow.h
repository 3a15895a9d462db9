/*
 * Consent inside a program that runs: a denial counts at once, without a
 * restart. STATE/consent.page is read, not mapped: a file that somebody cuts
 * short would kill the host on the next look. Context: any.
 */
#ifndef INQUEST_HANDLER_CONSENT_FOLLOW_H
#define INQUEST_HANDLER_CONSENT_FOLLOW_H

#include <stdbool.h>

#include "handler/box_file.h"

/* Whether OPTIONAL was denied since the program started. */
bool consent_denied(const struct box *box);

/*
 * Reads the page; when OPTIONAL may not be recorded any more, says so in the
 * box and wipes what it holds of it, under box_lock; who writes under that lock
 * asks consent_denied inside it. Three system calls. A grant does not reach a
 * program that runs already.
 */
void consent_follow(struct box_file *file);

#endif
