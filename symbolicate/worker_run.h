/*
 * Starts the worker, the one process that reads debug information, within
 * limits of memory and time. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_RUN_H
#define INQUEST_SYMBOLICATE_WORKER_RUN_H

#include <stdint.h>

#include "symbolicate/find/debug_file.h"

#define WORKER_MEMORY_BYTES (4ull << 30)
#define WORKER_CPU_SECONDS  120

/*
 * Writes the cache of file into output_fd; address NULL: all of it, else only
 * what answers for this address (others may lack their lines). Blocks. Fails
 * with -ENOENT (helper_find), -errno, -ERR_FORMAT (it gave up, crashed, or met
 * its limits).
 */
MUST_CHECK int worker_run(const struct debug_file *file, int output_fd,
                          const uint64_t *address);

#endif
