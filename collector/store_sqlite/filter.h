/* From a filter to a query. Context: tool. */
#ifndef INQUEST_COLLECTOR_STORE_SQLITE_FILTER_H
#define INQUEST_COLLECTOR_STORE_SQLITE_FILTER_H

#include "collector/store_sqlite/internal.h"

/*
 * A statement with the filter's values bound, columns of report_group; the
 * caller finalizes it. NULL on failure. total: all rows, beyond the limit too.
 */
sqlite3_stmt *filter_groups(struct database *reader,
                            const struct store_filter *filter,
                            const char *columns, int64_t *ret_total);

/* The same of report r, version v and machine m. */
sqlite3_stmt *filter_reports(struct database *reader,
                             const struct store_filter *filter,
                             const char *columns);

#endif
