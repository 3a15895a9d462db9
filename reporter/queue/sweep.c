/* Leftovers and limits. Context: tool. */
#include "reporter/queue/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/state_dir.h"
#include "reporter/app/usage.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/deletion.h"
#include "reporter/queue/claim.h"
#include "reporter/queue/retention.h"
#include "reporter/state_file.h"
#include "reporter/watch/recover.h"

static void sweep_file(int dir_fd, const char *name, int64_t before_s)
{
    struct stat status;

    if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(status.st_mode) || status.st_mtim.tv_sec > before_s)
        return;
    DROP(state_file_erase(dir_fd, name)); /* tried again at the next sweep */
}

/* In tmp/: whatever lies there. */
static bool any_name(const char *name)
{
    return name[0] != '.';
}

/* Elsewhere: .NAME.PID, as state_file_write and installation_id call them. */
static bool is_temporary(const char *name)
{
    const char *dot = strrchr(name, '.');

    return name[0] == '.' && dot > name + 1 && dot[1] >= '0' && dot[1] <= '9' &&
           dot[1 + strspn(dot + 1, "0123456789")] == '\0';
}

static int sweep_directory(int dir_fd, int64_t age_s,
                           bool (*matches)(const char *name))
{
    struct dirent *entry;
    DIR *list;

    int r = state_file_list(dir_fd, &list);
    if (r < 0)
        return r;
    int64_t before_s = clock_unix_ms() / 1000 - age_s;
    while ((entry = readdir(list)) != NULL) {
        if (matches(entry->d_name))
            sweep_file(dirfd(list), entry->d_name, before_s);
    }
    (void)closedir(list); /* read only */
    return 0;
}

static int first_error(int before, int r)
{
    return before < 0 || r >= 0 ? before : r;
}

/* What may never have been there. */
static int sweep_inside(int state_fd, const char *name, int64_t age_s)
{
    OWNED_FD fd =
        openat(state_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    return sweep_directory(fd, age_s, is_temporary);
}

int sweep_temporary(const struct home *home, int64_t age_s)
{
    static const char *const written[] = {CONSENT_PER_REPORT, DELETION_DIR,
                                          USAGE_DIR, STATE_APPS_NAME};

    int r = sweep_directory(home->queue.dir_fd[QUEUE_TMP], age_s, any_name);
    for (int place = QUEUE_NEW; place < QUEUE_PLACES; place++) {
        r = first_error(
            r, sweep_directory(home->queue.dir_fd[place], age_s, is_temporary));
    }
    r = first_error(r, sweep_directory(home->state_fd, age_s, is_temporary));
    for (size_t i = 0; i < ARRAY_LENGTH(written); i++)
        r = first_error(r, sweep_inside(home->state_fd, written[i], age_s));
    return r;
}

int sweep(struct home *home)
{
    size_t recovered = 0;

    int r = recover_all(home, &recovered);
    r = first_error(r, claim_revive(&home->queue));
    r = first_error(r, sweep_temporary(home, SWEEP_TMP_SECONDS));
    r = first_error(r, usage_report(home, clock_unix_ms()));
    return first_error(r, retention_apply(home));
}
