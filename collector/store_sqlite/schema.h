/* The tables, and how an older database becomes one of today. Context: tool. */
#ifndef INQUEST_COLLECTOR_STORE_SQLITE_SCHEMA_H
#define INQUEST_COLLECTOR_STORE_SQLITE_SCHEMA_H

#include <stdbool.h>

#include "collector/store_sqlite/database.h"

#define SCHEMA_VERSION 5

/*
 * Makes or migrates the tables, in one transaction. *ret_old: reports of
 * version 1 wait in the table report_1. Fails with -EIO, -ERR_VERSION (made by
 * a newer program), -ERR_FORMAT (not a database of ours).
 */
MUST_CHECK int schema_make(struct database *database, bool *ret_old);

#endif
