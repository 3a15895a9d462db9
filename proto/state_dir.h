/*
 * Where things lie on the disk. Pure: the environment is handed in, so that
 * handler, dumper and reporter cannot disagree. Context: any.
 *
 *     STATE/            0700   queue/ boxes/ apps/ consent consent.page
 *                              consent.lock denied.CLASS per-report/
 *                              installation-id audit.log audit.log.N
 *                              audit.head
 *     boxes             see state_box_dir
 */
#ifndef INQUEST_PROTO_STATE_DIR_H
#define INQUEST_PROTO_STATE_DIR_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define STATE_PATH_BYTES      512
#define INSTALLATION_ID_BYTES 37 /* a UUID as text, with the NUL */
#define STATE_BOXES_NAME      "boxes"
#define STATE_CONSENT_PAGE    "consent.page"
#define STATE_INSTALLATION_ID "installation-id"
#define STATE_APPS_NAME       "apps"

/* The environment variables that decide; NULL where not set. */
struct state_env {
    const char *inquest_state_dir; /* INQUEST_STATE_DIR */
    const char *xdg_state_home;    /* XDG_STATE_HOME */
    const char *xdg_runtime_dir;   /* XDG_RUNTIME_DIR */
    const char *home;              /* HOME */
    uint32_t uid;
};

/*
 * The state directory: INQUEST_STATE_DIR; for root /var/lib/inquest; else
 * XDG_STATE_HOME/inquest; else HOME/.local/state/inquest. Relative values are
 * ignored (XDG Base Directory). Fails with -ERR_NOT_FOUND, or -ERR_LIMIT when
 * the path does not fit STATE_PATH_BYTES.
 */
MUST_CHECK int state_dir_path(const struct state_env *env,
                              char ret_path[STATE_PATH_BYTES]);

/*
 * Where boxes go: STATE/boxes when INQUEST_STATE_DIR is set; else
 * XDG_RUNTIME_DIR/inquest (a tmpfs), /run/inquest for root; else STATE/boxes.
 */
MUST_CHECK int state_box_dir(const struct state_env *env,
                             char ret_path[STATE_PATH_BYTES]);

/* PID-STARTTICKS.box; and of a file that is made for another process, after who
 * made it (handler/box_spare.h): PID-STARTTICKS.spare.box */
#define STATE_SPARE_ENDING ".spare.box"
#define BOX_NAME_BYTES     48
void state_box_name(int pid, uint64_t start_ticks,
                    char ret_name[BOX_NAME_BYTES]);

/*
 * Opens a directory of ours, creating it and its parents 0700 where missing,
 * by a way that nobody can lead root astray on (state_way.h). Refuses one that
 * belongs to another user (unless we are root) or that others may write to
 * (-EPERM).
 */
MUST_CHECK int state_dir_open(const char *path, int *ret_fd);

/* The same, but nothing is created: -ENOENT. */
MUST_CHECK int state_dir_find(const char *path, int *ret_fd);

/*
 * Root's commands work on another user's state directory too: what root made
 * there is given to the directory's owner, unless it has a second name, which
 * that owner may have given to a file of root's. As anybody else: nothing.
 */
void state_give(int dir_fd, int fd);

/*
 * What the durable consent file says, in the shape that running hosts read
 * anew at each use. Rewritten in place by `inquest consent`; absent: the
 * defaults.
 */
#define CONSENT_PAGE_MAGIC 0x31736e6f43716e49ULL
struct consent_page {
    uint64_t magic;
    uint32_t recording_classes; /* CLASS_BIT()s that may be recorded */
    uint32_t sending_classes;   /* CLASS_BIT()s that may be sent */
    uint64_t epoch;             /* rises with every change */
    uint32_t crc;               /* CRC-32C of the bytes before it */
    uint32_t reserved;
};

/*
 * Reads STATE/consent.page. Absent: recording REQUIRED, DETECTION, FEEDBACK,
 * epoch 0. Torn or unreadable: the same (a denial only ever takes OPTIONAL
 * from recording). Never fails.
 */
void consent_page_read(int state_fd, struct consent_page *ret_page);

/* The installation id, made (random, O_EXCL) when there is none yet. */
MUST_CHECK int installation_id(int state_fd,
                               char ret_id[INSTALLATION_ID_BYTES]);

#endif
