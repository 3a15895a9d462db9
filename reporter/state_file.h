/*
 * Small files of the state directory, replaced whole: a reader sees the old
 * one or the new one. Context: tool.
 */
#ifndef INQUEST_REPORTER_STATE_FILE_H
#define INQUEST_REPORTER_STATE_FILE_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/base/span.h"

#define CLOCK_TEXT_BYTES 32

/*
 * Writes name in the directory, 0600, durably, owned by the directory's owner
 * when root writes. Fails with -errno; the file is then as before.
 */
MUST_CHECK int state_file_write(int dir_fd, const char *name, struct span data);

/* The same without waiting for the disk: a power loss may cost the word. */
MUST_CHECK int state_file_note(int dir_fd, const char *name, struct span data);

/*
 * Opens the directory name inside dir_fd, 0700, made where it is missing,
 * durably, and then given to the owner of dir_fd. No symbolic link is followed.
 */
MUST_CHECK int state_file_dir(int dir_fd, const char *name, int *ret_fd);

/*
 * The entries of the open directory dir_fd, from the first, on a position of
 * their own; the caller closes it. Fails with -errno.
 */
MUST_CHECK int state_file_list(int dir_fd, DIR **ret_list);

/*
 * Overwrites the bytes of name before it is unlinked, so that they are not
 * left in free blocks (as far as the file system writes in place).
 */
MUST_CHECK int state_file_erase(int dir_fd, const char *name);

/*
 * As state_file_write, over the file open as *fd: what was in that is
 * overwritten, and *fd is the new file, locked (flock) before it has the name,
 * so that a claim has no gap. Fails with -errno; *fd is then open as well.
 */
MUST_CHECK int state_file_replace(int dir_fd, const char *name,
                                  struct span data, int *fd);

/* CLOCK_REALTIME. */
int64_t clock_unix_ms(void);

/* RFC 3339 UTC with milliseconds: "2026-11-24T11:00:00.000Z". */
void clock_text(int64_t unix_ms, char ret_text[CLOCK_TEXT_BYTES]);

/* The way back; without milliseconds too. Fails with -ERR_FORMAT. */
MUST_CHECK int clock_parse(const char *text, int64_t *ret_unix_ms);

#endif
