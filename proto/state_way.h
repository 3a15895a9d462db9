/*
 * The way to a directory of ours, whose path may lead through directories of
 * others. For root it is gone step by step: nobody but root may send it
 * elsewhere by a link, or exchange what it made before it is given away.
 * Context: any.
 */
#ifndef INQUEST_PROTO_STATE_WAY_H
#define INQUEST_PROTO_STATE_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/compiler.h"

/*
 * Opens the directory at the absolute path (below STATE_PATH_BYTES),
 * O_RDONLY | O_CLOEXEC; its last name is never a link. With make what is
 * missing on the way is made 0700, and belongs to whom the directory above it
 * belongs to. As root a link, or "..", counts only in a directory that belongs
 * to root (or to whom "/" belongs to: a user namespace) and that nobody else
 * may write to, and a link only when it is such an owner's itself.
 *
 * The descriptor; or -EPERM on another's link, -ELOOP, -ENOTDIR, -ENOENT,
 * -ERR_LIMIT, what the kernel says.
 */
MUST_CHECK int state_way_open(const char *path, bool make);

/* Of the machine's root: 0, or whom "/" belongs to in a user namespace, where
 * root has no number. */
bool state_way_is_roots(uint32_t uid);

#endif
