/* Leftovers and limits. Context: tool. */
#include "reporter/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "reporter/claim.h"
#include "reporter/recover.h"
#include "reporter/retention.h"
#include "reporter/state_file.h"

static void sweep_file(int dir_fd, const char *name, int64_t now_s)
{
    struct stat status;

    if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(status.st_mode) ||
        now_s - status.st_mtim.tv_sec < SWEEP_TMP_SECONDS)
        return;
    DROP(state_file_erase(dir_fd, name)); /* tried again at the next sweep */
}

static int sweep_tmp(const struct queue *queue)
{
    int fd = openat(queue->dir_fd[QUEUE_TMP], ".",
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (!directory) {
        int r = -errno;
        fd_close(&fd);
        return r;
    }
    int64_t now_s = clock_unix_ms() / 1000;
    while ((entry = readdir(directory)) != NULL)
        sweep_file(dirfd(directory), entry->d_name, now_s);
    (void)closedir(directory); /* read only */
    return 0;
}

static int first_error(int before, int r)
{
    return before < 0 || r >= 0 ? before : r;
}

int sweep(struct home *home)
{
    size_t recovered = 0;

    int r = recover_all(home, &recovered);
    r = first_error(r, claim_revive(&home->queue));
    r = first_error(r, sweep_tmp(&home->queue));
    return first_error(r, retention_apply(home));
}
