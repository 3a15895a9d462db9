/*
 * Room on the disk for a box, before anything is stored in it: a store into a
 * mapped page for which there is none is a SIGBUS. Most programs live for some
 * milliseconds and fill a few pages; so room for the head is made at the start,
 * by the pages themselves, and for all of it before anything behind is written:
 * at the sampler's first tick, the first call of the API, a copy of the stack.
 * Context: any.
 */
#ifndef INQUEST_PROTO_BOX_SPACE_H
#define INQUEST_PROTO_BOX_SPACE_H

#include "proto/base/compiler.h"
#include "proto/box.h"

/*
 * Empties the file and gives it its length, without room. Fails with -EFBIG
 * where RLIMIT_FSIZE would make a signal of it.
 */
MUST_CHECK int box_space_begin(int fd);

/*
 * Room for BOX_HEAD_BYTES of a box that is mapped from its file. Fails where
 * there is none (-EFAULT), and before Linux 5.14 (-EINVAL): box_space_rest.
 */
MUST_CHECK int box_space_head(struct box *box);

/*
 * Room for all of it; what is there stays. Fails with what the disk says: then
 * nothing may be stored behind the head.
 */
MUST_CHECK int box_space_rest(int fd);

#endif
