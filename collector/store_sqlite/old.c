/* Reports of a database of version 1, which wait in report_1. Context: tool. */
#include <errno.h>

#include "collector/store_sqlite/internal.h"

static int next_old(struct database *reader, uint8_t **ret_packed,
                    size_t *ret_size, int64_t *ret_row)
{
    OWNED_QUERY *query = database_query(
        reader, "SELECT packed, row FROM report_1 ORDER BY row LIMIT 1", "");
    int r = database_step(query);

    if (r <= 0)
        return r < 0 ? r : -ERR_NOT_FOUND;
    *ret_row = sqlite3_column_int64(query, 1);
    *ret_packed = column_copy(query, 0, ret_size);
    return *ret_packed ? 0 : -ENOMEM;
}

int store_next_old(struct store *store, uint8_t **ret_packed, size_t *ret_size,
                   int64_t *ret_row)
{
    if (!store->old)
        return -ERR_NOT_FOUND;
    struct database *reader = reader_take(store);
    int r = next_old(reader, ret_packed, ret_size, ret_row);
    reader_give(store, reader);
    return r;
}

static int work_drop(struct database *database, void *argument)
{
    const int64_t *row = argument;

    return database_run(database, "DELETE FROM report_1 WHERE row = ?", "i",
                        *row);
}

int store_drop_old(struct store *store, int64_t row)
{
    return writer_do(&store->writer, work_drop, &row);
}
