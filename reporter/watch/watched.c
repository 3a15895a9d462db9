/* By pid and start time to the box. Context: tool. */
#include "reporter/watch/watched.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "reporter/watch/box_owner.h"
#include "reporter/watch/child.h"
#include "reporter/watch/recover.h"

/* Reads the box of that name where it is of this process. */
static bool is_its_box(struct watched *watched, int dir_fd, const char *name)
{
    watched->box = box_open(dir_fd, name, &watched->fd);
    if (!watched->box)
        return false;
    if (watched->box->identity.pid == watched->pid &&
        watched->box->identity.start_ticks == watched->start_ticks)
        return true;
    box_close(watched->box);
    watched->box = NULL;
    fd_close(&watched->fd);
    return false;
}

/*
 * A process that could make no file has one that its ancestor made and named
 * (handler/box_spare.h): its box says whose it is.
 */
static bool find_spare(struct watched *watched, const char *box_path,
                       char ret_name[BOX_NAME_BYTES])
{
    size_t seen = 0;
    bool found = false;
    OWNED_FD fd = -1;

    if (state_dir_find(box_path, &fd) < 0)
        return false;
    DIR *dir = fdopendir(fd);
    if (!dir)
        return false;
    (void)fd_take(&fd); /* the list's now */
    for (struct dirent *entry; !found && (entry = readdir(dir));) {
        if (!strstr(entry->d_name, STATE_SPARE_ENDING) ||
            strlen(entry->d_name) >= BOX_NAME_BYTES ||
            seen++ >= RECOVER_BOXES_MAX)
            continue;
        found = is_its_box(watched, dirfd(dir), entry->d_name);
        if (found)
            strcpy(ret_name, entry->d_name); /* it fits */
    }
    (void)closedir(dir); /* read only */
    return found;
}

int watched_open(const struct home *home, pid_t pid,
                 struct watched *ret_watched)
{
    char name[BOX_NAME_BYTES];
    struct watched watched = {
        .pid = pid, .fd = -1, .start_ticks = process_start_ticks(pid)};

    if (watched.start_ticks == 0 || !process_lives(pid, watched.start_ticks))
        return -ESRCH;
    state_box_name(pid, watched.start_ticks, name);
    OWNED_FD dir_fd =
        open(home->box_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    watched.box = dir_fd < 0 ? NULL : box_open(dir_fd, name, &watched.fd);
    if (dir_fd >= 0 && !watched.box)
        (void)find_spare(&watched, home->box_path, name);
    (void)snprintf(watched.path, sizeof watched.path, "%s/%s", home->box_path,
                   name);
    *ret_watched = watched;
    return watched.box ? 0 : -ERR_NOT_FOUND;
}

void watched_close(struct watched *watched)
{
    if (watched->box)
        box_close(watched->box);
    fd_close(&watched->fd);
    *watched = (struct watched)WATCHED_NONE;
}

void watched_refresh(struct watched *watched)
{
    struct box *box = aligned_alloc(_Alignof(struct box), sizeof *box);

    if (!box)
        return;
    if (pread(watched->fd, box, sizeof *box, 0) != (ssize_t)sizeof *box ||
        !box_valid(box, sizeof *box) ||
        !box_sealed(&box->identity, sizeof box->identity)) {
        free(box);
        return;
    }
    box_close(watched->box);
    watched->box = box;
}

bool watched_parse_pid(const char *text, pid_t *ret_pid)
{
    const char *end = text + strlen(text);
    uint64_t value = 0;

    if (fmt_parse_u64(&text, end, 10, &value) < 0 || text != end ||
        value == 0 || value > INT32_MAX)
        return false;
    *ret_pid = (pid_t)value;
    return true;
}
