/* By pid and start time to the box. Context: tool. */
#include "reporter/watch/watched.h"

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

int watched_open(const struct home *home, pid_t pid,
                 struct watched *ret_watched)
{
    char name[BOX_NAME_BYTES];
    struct watched watched = {
        .pid = pid, .fd = -1, .start_ticks = process_start_ticks(pid)};

    if (watched.start_ticks == 0 || !process_lives(pid, watched.start_ticks))
        return -ESRCH;
    state_box_name(pid, watched.start_ticks, name);
    (void)snprintf(watched.path, sizeof watched.path, "%s/%s", home->box_path,
                   name);
    OWNED_FD dir_fd =
        open(home->box_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    watched.box = dir_fd < 0 ? NULL : box_open(dir_fd, name, &watched.fd);
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
