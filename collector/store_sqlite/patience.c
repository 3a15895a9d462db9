/* The default VFS with another pause. Context: tool. */
#include "collector/store_sqlite/patience.h"

#include <errno.h>
#include <sqlite3.h>
#include <time.h>

#include "collector/store_sqlite/wipe.h"

#define NEVER INT64_MIN

static _Thread_local int64_t first_ms; /* pause since a statement succeeded */
static _Thread_local int64_t last_ms = NEVER; /* pause; NEVER: none since */

static sqlite3_vfs ours;
static sqlite3_vfs *theirs;

bool patience_waits(int64_t now_ms)
{
    if (last_ms == NEVER || now_ms - last_ms >= PATIENCE_MS)
        first_ms = now_ms;
    last_ms = now_ms;
    return now_ms - first_ms < PATIENCE_MS;
}

void patience_renew(void)
{
    last_ms = NEVER;
}

static int pause_us(sqlite3_vfs *vfs, int microseconds)
{
    struct timespec now;

    (void)vfs;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return patience_waits(now.tv_sec * 1000 + now.tv_nsec / 1000000)
               ? theirs->xSleep(theirs, microseconds)
               : microseconds;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                     int flags, int *ret_flags)
{
    (void)vfs;
    int r = theirs->xOpen(theirs, name, file, flags, ret_flags);
    if (r == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB))
        wipe_start(file);
    return r;
}

int patience_start(void)
{
    if (sqlite3_vfs_find(PATIENCE_VFS))
        return 0;
    theirs = sqlite3_vfs_find(NULL);
    if (!theirs)
        return -EIO;
    ours = *theirs;
    ours.zName = PATIENCE_VFS;
    ours.xSleep = pause_us;
    ours.xOpen = open_file;
    return sqlite3_vfs_register(&ours, 0) == SQLITE_OK ? 0 : -EIO;
}
