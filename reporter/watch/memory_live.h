/*
 * The memory of a watched program while it runs, on a terminal: drawn anew
 * each second until it ends, or somebody presses q or ^C. Context: tool.
 */
#ifndef INQUEST_REPORTER_MEMORY_LIVE_H
#define INQUEST_REPORTER_MEMORY_LIVE_H

#include "proto/base/compiler.h"
#include "reporter/chart/text_chart.h"
#include "reporter/watch/watched.h"

/*
 * Takes the terminal over and gives it back; then prints the history once
 * more, to stay. style: width and rows are asked of the terminal. Returns 0,
 * or what kept it from watching the process's end.
 */
MUST_CHECK int memory_live(struct watched *watched,
                           const struct text_style *style);

#endif
