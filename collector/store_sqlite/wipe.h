/*
 * Nothing of what was deleted stays in the database's file. SQLite overwrites
 * deleted rows (secure_delete), but where it shares out rows among pages anew
 * (rebuildPage and copyNodeContent in its btree.c) copies of rows that lived
 * stay behind in the space between a page's directory and its rows, and nobody
 * knows of them when the row is deleted. So that space is zero when a page is
 * written. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_STORE_SQLITE_WIPE_H
#define INQUEST_COLLECTOR_STORE_SQLITE_WIPE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Larger pages, which are not ours, are written as they are. */
#define WIPE_PAGE_BYTES_MAX 4096

/*
 * Other pages begin with the number of one, which is below 2^25 in a file that
 * is not much larger, so that none is taken for rows. Larger files are written
 * as they are.
 */
#define WIPE_FILE_BYTES_MAX (64ll << 30)

/* Of a database that was just opened: what is written to it is wiped. */
void wipe_start(sqlite3_file *file);

/* Zeroes what is not used in a page of rows; first: the file's first one. */
void wipe_page(uint8_t *page, size_t size_bytes, bool first);

#endif
