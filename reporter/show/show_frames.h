/*
 * The threads of the terminal report: the crashed one in full with registers,
 * the others once for each stack. Context: tool.
 */
#ifndef INQUEST_REPORTER_SHOW_FRAMES_H
#define INQUEST_REPORTER_SHOW_FRAMES_H

#include "reporter/show/show_text.h"

#define SHOW_FRAMES_MAX 200 /* of one thread */

void show_threads(const struct show *show);

#endif
