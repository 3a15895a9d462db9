/*
 * A report as one page that needs nothing but itself: no scripts, no fonts,
 * no network. Everything from the report is escaped. Context: tool.
 */
#ifndef INQUEST_REPORTER_SHOW_HTML_H
#define INQUEST_REPORTER_SHOW_HTML_H

#include "reporter/show/show_text.h"

void show_html(const struct show *show);

#endif
