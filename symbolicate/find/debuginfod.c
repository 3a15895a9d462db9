/* Whether to ask, and what to make of the answer. Context: tool. */
#include "symbolicate/find/debuginfod.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "symbolicate/find/absence.h"
#include "symbolicate/find/fetch_run.h"

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void tell(char why[DEBUGINFOD_WHY_BYTES], const char *what)
{
    (void)snprintf(why, DEBUGINFOD_WHY_BYTES, "%s", what);
}

/* Why it is not asked; NULL: ask. */
static const char *refusal(const struct debuginfod *debuginfod)
{
    if (debuginfod->silent)
        return "not asked: no server answered before";
    if (debuginfod->wait_ms <= 0)
        return "not asked: the time allowed for servers is used up";
    return strlen(debuginfod->urls) < DEBUGINFOD_URLS_BYTES
               ? NULL
               : "not asked: too many servers";
}

static const char *failure(int r)
{
    switch (r) {
    case -ERR_NOT_FOUND:
        return "the servers do not have it";
    case -ETIMEDOUT:
        return "no answer within the time allowed";
    case -ERR_LIMIT:
        return "larger than allowed";
    case -ERR_TORN:
        return "the answer broke off";
    case -EPIPE:
        return "the program that asks them died";
    case -ENOENT:
        return "inquest-symbolicate-fetch is not installed";
    default:
        return err_text(r);
    }
}

/* Which failures are worth a memory, and of what. */
static void remember(struct debuginfod *debuginfod, const char *build_id, int r,
                     const char *why)
{
    switch (r) {
    case -ERR_NOT_FOUND:
    case -ERR_LIMIT:
        absence_remember(debuginfod, build_id, why, DEBUGINFOD_ABSENT_S);
        return;
    case -ETIMEDOUT:
    case -ECONNREFUSED:
    case -EHOSTUNREACH:
        debuginfod->silent = true;
        absence_remember(debuginfod, ABSENCE_OF_ALL_FILES, why,
                         DEBUGINFOD_SILENT_S);
        return;
    default: /* died in mid-body, and the like: this file, for a while */
        absence_remember(debuginfod, build_id, why, DEBUGINFOD_SILENT_S);
    }
}

static int fetch_into(struct debuginfod *debuginfod, const char *build_id,
                      const char *directory)
{
    char path[PATH_MAX];
    int64_t begin = now_ms();

    int r = fetch_run(debuginfod, build_id, directory, path);
    debuginfod->wait_ms -= now_ms() - begin;
    if (r < 0)
        return r;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    return fd < 0 ? -EIO : fd;
}

int debuginfod_fetch(struct debuginfod *debuginfod, const char *build_id,
                     char why[DEBUGINFOD_WHY_BYTES])
{
    char directory[PATH_MAX];
    const char *no = refusal(debuginfod);

    if (no) {
        tell(why, no);
        return -ETIMEDOUT;
    }
    if (absence_known(debuginfod, build_id, why) ||
        absence_known(debuginfod, ABSENCE_OF_ALL_FILES, why))
        return -ERR_NOT_FOUND;
    int r = cache_store_directory(debuginfod->store, directory);
    if (r < 0) {
        tell(why, err_text(r));
        return r;
    }
    int fd = fetch_into(debuginfod, build_id, directory);
    cache_store_directory_remove(directory);
    if (fd < 0) {
        tell(why, failure(fd));
        remember(debuginfod, build_id, fd, why);
    }
    return fd;
}

void debuginfod_distrust(struct debuginfod *debuginfod, const char *build_id,
                         const char *why)
{
    absence_remember(debuginfod, build_id, why, DEBUGINFOD_ABSENT_S);
}
