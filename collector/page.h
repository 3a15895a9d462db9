/*
 * The pages, made here: no script, everything from a report escaped.
 * Context: tool.
 */
#ifndef INQUEST_COLLECTOR_PAGE_H
#define INQUEST_COLLECTOR_PAGE_H

#include "collector/answer.h"

/* rows: as store_list gives them; borrowed. */
struct answer page_list(const json_t *rows);

/* report: JSON as the schema maps it; borrowed. */
struct answer page_report(const json_t *report);

#endif
