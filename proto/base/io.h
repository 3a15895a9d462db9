/*
 * Whole reads and writes, bounded. Raw system calls, EINTR repeated.
 * Context: any.
 */
#ifndef INQUEST_PROTO_BASE_IO_H
#define INQUEST_PROTO_BASE_IO_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

/* Writes all size_bytes or fails with -errno (part may then be written). */
MUST_CHECK int io_write_all(int fd, const void *data, size_t size_bytes);

/*
 * Reads fd until its end, at most capacity bytes. Writes the number of bytes
 * read. Fails with -errno, or -ERR_LIMIT when more than capacity is there
 * (the buffer then holds the first capacity bytes and *ret_size capacity:
 * the one out-parameter that is set on a failure, so a reader of /proc may
 * choose to go on with what fits).
 */
MUST_CHECK int io_read_all(int fd, void *buffer, size_t capacity,
                           size_t *ret_size);

/*
 * Opens path relative to dir_fd (AT_FDCWD for the working directory), reads it
 * as io_read_all does and ends it with a NUL: at most capacity - 1 bytes.
 * Never waits for a pipe's other end. Below a dir_fd a symbolic link as the
 * last part is refused (-ELOOP): others may have planted it there.
 */
MUST_CHECK int io_read_text(int dir_fd, const char *path, char *buffer,
                            size_t capacity, size_t *ret_size);

/*
 * Renames from_fd/from to to_fd/to, but over nothing: -EEXIST. Where the file
 * system does not know how (NFS, 9p, FUSE: rename(2)), it looks first, and two
 * that rename to one name at the same moment may then both believe in it. No
 * second name meanwhile: a leftover of it would be erased, bytes and all.
 */
MUST_CHECK int io_rename_new(int from_fd, const char *from, int to_fd,
                             const char *to);

#endif
