/*
 * The versions of a program that ran here: a file of STATE/apps/ each. From it
 * follows the upgrade status of any run, also long afterwards:
 *
 *     name = editor
 *     supervised = yes                     inquest run notes the starts
 *     run = FIRST_MS SECOND_MS VERSION     one line a change of version
 *
 * FIRST_MS: when the version ran first (CLOCK_REALTIME); SECOND_MS: when it
 * ran for the second time, 0 not yet. NEW is a first version's first run, SAME
 * any later one, UPGRADED and DOWNGRADED the first run after a change. Of a
 * program that names itself only reports tell that it ran.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_APP_HISTORY_H
#define INQUEST_REPORTER_APP_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "reporter/app/app_identity.h"

#define APP_HISTORY_MAX 64 /* changes; older ones are forgotten */

/* Numbers are those of UpgradeStatus in the schema. */
enum app_upgrade {
    APP_UNKNOWN,
    APP_NEW,
    APP_SAME,
    APP_UPGRADED,
    APP_DOWNGRADED
};

struct app_run {
    int64_t first_ms;
    int64_t second_ms;
    char version[APP_VERSION_BYTES];
};

struct app_history {
    char name[APP_NAME_BYTES];
    bool supervised;                      /* inquest run tells of every start */
    struct app_run runs[APP_HISTORY_MAX]; /* oldest first */
    size_t count;
};

/* Pure: notes that version started at start_ms. True: something changed. */
bool app_history_note(struct app_history *history, const char *version,
                      int64_t start_ms);

/*
 * Pure: the status of a run of version that started at start_ms, which was
 * noted. Writes the version of the run before it, "" where there was none.
 */
enum app_upgrade app_history_status(const struct app_history *history,
                                    const char *version, int64_t start_ms,
                                    char ret_previous[APP_VERSION_BYTES]);

/* Reads; without a file, or with one that is none: empty. Cannot fail. */
void app_history_read(int state_fd, const char *name,
                      struct app_history *ret_history);
MUST_CHECK int app_history_write(int state_fd,
                                 const struct app_history *history);

/*
 * Which of two versions is later: less than, equal to, or greater than 0, as
 * dpkg orders them (deb-version(7), "Sorting algorithm").
 */
int app_version_compare(const char *a, const char *b);

#endif
