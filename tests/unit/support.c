/* The test's own directory. Context: tool. */
#include "tests/unit/support.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

int support_directory_make(void **state)
{
    char *path = malloc(SUPPORT_PATH_BYTES);
    const char *base = getenv("TMPDIR");

    if (!path)
        return -1;
    (void)snprintf(path, SUPPORT_PATH_BYTES, "%s/inquest-unit-XXXXXX",
                   base ? base : "/tmp");
    *state = path;
    return mkdtemp(path) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

int support_directory_remove(void **state)
{
    int r = nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);

    free(*state);
    return r;
}
