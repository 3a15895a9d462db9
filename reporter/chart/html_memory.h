/*
 * The memory part of a page: words, events, charts for up to three spans of
 * time, memory by kind. Context: tool.
 */
#ifndef INQUEST_REPORTER_HTML_MEMORY_H
#define INQUEST_REPORTER_HTML_MEMORY_H

#include <stdio.h>

#include "reporter/chart/history.h"

/* Nothing where the history is empty. At most once a page: it has ids. */
void html_memory_write(const struct history *history, FILE *out);

#endif
