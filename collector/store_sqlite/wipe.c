/* The pages of SQLite's file format. Context: tool. */
#include "collector/store_sqlite/wipe.h"

#include <string.h>

#define FILE_HEADER_BYTES 100 /* of the first page */
#define LARGEST_ROOT_AT   52  /* in the header; 0 without auto_vacuum */
#define INDEX_INNER       2
#define TABLE_INNER       5
#define INDEX_LEAF        10
#define TABLE_LEAF        13
#define PAGE_BYTES_MIN    512

static sqlite3_io_methods ours;
static const sqlite3_io_methods *theirs;

static size_t number(const uint8_t *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/* Where the directory of a page's rows begins; 0: it has no rows. */
static size_t directory(uint8_t kind)
{
    switch (kind) {
    case INDEX_INNER:
    case TABLE_INNER:
        return 12;
    case INDEX_LEAF:
    case TABLE_LEAF:
        return 8;
    default:
        return 0;
    }
}

void wipe_page(uint8_t *page, size_t size_bytes, bool first)
{
    size_t header = first ? FILE_HEADER_BYTES : 0;
    size_t begin = directory(page[header]);

    if (begin == 0)
        return;
    begin += header + 2 * number(page + header + 3);
    size_t end = number(page + header + 5);
    if (begin < end && end <= size_bytes)
        memset(page + begin, 0, end - begin);
}

/*
 * Whether it may have pages of a third kind, which begin with 1 to 5 (pointer
 * map pages): we make no such file, but VACUUM does where it was told to.
 */
static bool is_auto_vacuumed(sqlite3_file *file)
{
    uint8_t largest_root[4] = {0};

    return theirs->xRead(file, largest_root, sizeof largest_root,
                         LARGEST_ROOT_AT) == SQLITE_OK &&
           memcmp(largest_root, (uint8_t[4]){0}, sizeof largest_root) != 0;
}

static int write_wiped(sqlite3_file *file, const void *data, int size_bytes,
                       sqlite3_int64 offset)
{
    uint8_t page[WIPE_PAGE_BYTES_MAX];
    sqlite3_int64 file_bytes = 0;

    if (size_bytes < PAGE_BYTES_MIN || size_bytes > WIPE_PAGE_BYTES_MAX ||
        offset % size_bytes != 0 || offset > WIPE_FILE_BYTES_MAX ||
        theirs->xFileSize(file, &file_bytes) != SQLITE_OK ||
        file_bytes > WIPE_FILE_BYTES_MAX || is_auto_vacuumed(file))
        return theirs->xWrite(file, data, size_bytes, offset);
    memcpy(page, data, (size_t)size_bytes);
    wipe_page(page, (size_t)size_bytes, offset == 0);
    return theirs->xWrite(file, page, size_bytes, offset);
}

void wipe_start(sqlite3_file *file)
{
    if (!theirs) {
        theirs = file->pMethods;
        ours = *theirs;
        ours.xWrite = write_wiped;
    }
    if (file->pMethods == theirs)
        file->pMethods = &ours;
}
