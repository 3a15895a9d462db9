/*
 * What every mode of the dumper does: the box, its state directory, what may
 * be recorded, the answer to the host, the end. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_SESSION_H
#define INQUEST_HANDLER_DUMPER_SESSION_H

#include "handler/dumper/report_build.h"
#include "proto/queue.h"

/* Descriptors that the middle process puts in place (crash_dump.c). */
#define SESSION_BOX_FD      3
#define SESSION_STATE_FD    4
#define SESSION_DEADLINE_MS 1500 /* for unwinding; the host waits 2000 */

/* Maps a box, shared and writable. NULL: not a box of this version. */
struct box *session_map_box(int fd);

/*
 * A copy of a dead process's box: who cuts the file short then ends nobody. fd
 * stays open; session_store writes the copy's control part back.
 */
struct box *session_copy_box(int fd);
void session_store(const struct box *box);

/* The state directory: descriptor 4, else by its path in the box; or -1. */
int session_open_state(const struct box *box);

/*
 * What a dump may take of the machine, whatever the box and the process's
 * memory say; less where the host's own limits are lower. And where memory
 * gets scarce the OOM killer takes us first.
 */
#define SESSION_MEMORY_BYTES (1u << 30)
#define SESSION_FILE_BYTES   (64u << 20)
#define SESSION_FILES        256
#define SESSION_CPU_SECONDS  20
void session_limit(void);

/* CLOCK_REALTIME. */
uint64_t session_now_unix_ms(void);

/* CLASS_BIT()s: what consent page and box both allow to be recorded. */
uint32_t session_classes(const struct build *build);

/* Sets state (in the box) and wakes the host that waits on it. */
void session_answer(uint32_t *state, enum box_dump_state answer);

/*
 * Writes the report's id into the box; where an earlier attempt at this death
 * wrote one, the report takes that. So what was cut short between the drop and
 * the end of the box makes no second report. Before deliver_queue.
 */
void session_keep_id(struct build *build, struct box *box);

/* Which tier made the report, and why a higher one did not. reason: or NULL. */
void session_tier(struct build *build, Inquest__V1__TierName name,
                  const char *reason);

/*
 * Whether a mapped box may be written behind its head: the host made room, or
 * this does. On a full disk it may not.
 */
MUST_CHECK bool session_box_has_room(struct box *box);

/* Wipes the stack bytes and removes the box file. */
void session_wipe(struct box *box, const char *box_path);

/*
 * At a crash: likewise, but where `inquest run` waits for the end of this very
 * process, the wiped file stays for it until it has seen that we were there;
 * it takes it away.
 */
void session_wipe_crashed(struct box *box, const char *box_path);

#endif
