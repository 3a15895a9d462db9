/*
 * The program inquest-symbolicate as a child (proto/symbol_client.h), for a
 * person who waits: what takes longer than a second says so on a terminal.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_SYMBOLIZER_H
#define INQUEST_REPORTER_SYMBOLIZER_H

#include "proto/symbol_client.h"

/*
 * debuginfod: the servers that may be asked for debug files, "" for those of
 * DEBUGINFOD_URLS; NULL: none is asked. Fails with -ENOENT (not installed),
 * -errno.
 */
MUST_CHECK int symbolizer_start(const char *debuginfod,
                                struct symbol_client **ret_client);

#endif
