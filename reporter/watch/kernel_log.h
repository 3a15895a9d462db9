/*
 * The kernel's own word on an OOM kill, and on a fault that nobody handled:
 * /dev/kmsg (dev-kmsg in the kernel's ABI documentation), where it may be read.
 * It tells of processes by their pids in the first namespace: inside another
 * one its silence means nothing, and a number that fits is not ours.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_KERNEL_LOG_H
#define INQUEST_REPORTER_KERNEL_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/base/compiler.h"

#define KERNEL_LOG_LINE_BYTES 1024
/* More than the buffer of the largest machines holds (2^22 bytes, 32 at least
 * each): what is not read would count as silence. */
#define KERNEL_LOG_RECORDS_MAX 131072
#define KERNEL_LOG_WAIT_MS     500 /* the signal comes before the line */

/*
 * Opens it behind its last record, or at its first. -1 where that is not
 * allowed or not about our pids.
 */
int kernel_log_open(bool from_start);

/* Which record is looked for. */
struct kernel_death {
    pid_t pid;
    const char *name;  /* of the process, "" for any */
    uint64_t after_us; /* by the log's clock, about CLOCK_MONOTONIC */
    uint64_t before_us;
};

/*
 * Reads on and copies the text of the record that says that this process was
 * killed for want of memory, without its name (below). False when there is
 * none; then it waits wait_ms at most for one.
 */
bool kernel_log_find_kill(int fd, const struct kernel_death *wanted,
                          int wait_ms, char ret_line[KERNEL_LOG_LINE_BYTES]);

/*
 * The same for the record that says at which address the main thread of a
 * process got a fault that it did not handle (show_signal_msg in
 * arch/x86/mm/fault.c, show_signal in arch/x86/kernel/traps.c): it is there
 * before the signal, where it was not left out for coming too often.
 */
bool kernel_log_find_fault(int fd, pid_t pid,
                           char ret_line[KERNEL_LOG_LINE_BYTES]);

/*
 * Takes the name of the process out of the text of a record: a program may give
 * itself any, a person's too, and its pid is there.
 */
void kernel_log_drop_name(char *line, pid_t pid);

/* Whether a record ("6,12,345678,-;text") is the one. */
bool kernel_log_is_kill(const char *record, const struct kernel_death *wanted);
bool kernel_log_is_fault(const char *record, const struct kernel_death *wanted);

#endif
