/*
 * Runs the helper that talks to debuginfod servers, and ends it when its time
 * is over. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_FETCH_RUN_H
#define INQUEST_SYMBOLICATE_FETCH_RUN_H

#include <limits.h>

#include "symbolicate/find/debuginfod.h"

/*
 * Asks for build_id; the file is below directory, at ret_path. Blocks, at most
 * debuginfod->wait_ms. Fails with -ERR_NOT_FOUND, -ETIMEDOUT (also without a
 * byte for DEBUGINFOD_STALL_MS), -ERR_TORN (it ended early), -ERR_LIMIT (larger
 * than bytes_max), -ENOENT (the helper is not installed), -errno as
 * libdebuginfod gives it.
 */
MUST_CHECK int fetch_run(const struct debuginfod *debuginfod,
                         const char *build_id, const char *directory,
                         char ret_path[PATH_MAX]);

#endif
