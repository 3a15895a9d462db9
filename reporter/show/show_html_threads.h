/*
 * The threads of the HTML report, the crashed one open, with the instructions
 * that it died on. Context: tool.
 */
#ifndef INQUEST_REPORTER_SHOW_HTML_THREADS_H
#define INQUEST_REPORTER_SHOW_HTML_THREADS_H

#include "reporter/show/show_text.h"

void show_html_threads(const struct show *show);

#endif
