/*
 * The box of a living process, by its pid. Context: tool.
 */
#ifndef INQUEST_REPORTER_WATCHED_H
#define INQUEST_REPORTER_WATCHED_H

#include <sys/types.h>

#include "proto/base/compiler.h"
#include "proto/box.h"
#include "reporter/home.h"

struct watched {
    pid_t pid;
    uint64_t start_ticks;  /* with pid, unique */
    int fd;                /* of its box */
    const struct box *box; /* a copy, as it was at the last look */
    char path[STATE_PATH_BYTES + BOX_NAME_BYTES];
};

#define WATCHED_NONE \
    {                \
        .fd = -1     \
    }
#define OWNED_WATCHED CLEANUP(watched_close) struct watched

/*
 * Reads its box. Fails with -ESRCH (no such process, or a zombie), and with
 * -ERR_NOT_FOUND when it lives but has no box in this state directory: then
 * pid and start_ticks are set all the same.
 */
MUST_CHECK int watched_open(const struct home *home, pid_t pid,
                            struct watched *ret_watched);
void watched_close(struct watched *watched);

/* Looks again; a box that was spoilt meanwhile leaves what there was. */
void watched_refresh(struct watched *watched);

/* The pid that text is: digits alone. False: it is something else. */
bool watched_parse_pid(const char *text, pid_t *ret_pid);

#endif
