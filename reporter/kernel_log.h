/*
 * The kernel's own word on an OOM kill: /dev/kmsg (dev-kmsg in the kernel's
 * ABI documentation), where it may be read. Context: tool.
 */
#ifndef INQUEST_REPORTER_KERNEL_LOG_H
#define INQUEST_REPORTER_KERNEL_LOG_H

#include <stdbool.h>
#include <sys/types.h>

#include "proto/base/compiler.h"

#define KERNEL_LOG_LINE_BYTES  1024
#define KERNEL_LOG_RECORDS_MAX 20000

/* Opens it behind its last record; -1 where that is not allowed. */
int kernel_log_open(void);

/*
 * Reads on and copies the text of the record that says that pid was killed
 * for want of memory. False when there is none. Never blocks.
 */
bool kernel_log_find_kill(int fd, pid_t pid,
                          char ret_line[KERNEL_LOG_LINE_BYTES]);

/* Whether text is such a record of pid. */
bool kernel_log_is_kill(const char *text, pid_t pid);

#endif
