/*
 * DWARF packages (.dwp): the split units of one program in one file, each found
 * by the id that its skeleton carries (DWARF 5, 7.3.5, and the GNU form before
 * it). libdw reads .dwo files only, so a unit's parts are put together as the
 * .dwo that they were. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_DWP_H
#define INQUEST_SYMBOLICATE_WORKER_DWP_H

#include <stdint.h>

#include "proto/base/compiler.h"

#define DWP_SUFFIX         ".dwp"
#define DWP_UNIT_BYTES_MAX (512u << 20)

struct dwp;

/* Fails with -errno, -ERR_FORMAT (no package), -ENOMEM. */
MUST_CHECK int dwp_open(const char *path, struct dwp **ret_dwp);
void dwp_close(struct dwp **dwp);

/*
 * A new descriptor of the .dwo of the unit with this id; any thread. Fails
 * with -ERR_NOT_FOUND, -ERR_FORMAT, -ERR_LIMIT, -errno.
 */
MUST_CHECK int dwp_unit(const struct dwp *dwp, uint64_t id);

#endif
