/*
 * The box as a file: made, mapped, taken over after exec, removed. Raw system
 * calls only, so that a process that has none yet can still make one inside
 * its crash. Context: any.
 */
#ifndef INQUEST_HANDLER_BOX_FILE_H
#define INQUEST_HANDLER_BOX_FILE_H

#include <stdbool.h>

#include "handler/config.h"
#include "proto/base/compiler.h"
#include "proto/box.h"

/* What is open for one process. A zeroed struct holds nothing. */
struct box_file {
    struct box *box;        /* mapped; anonymous memory when there is no file */
    int pid;                /* the kernel's pid it was made for */
    int fd;                 /* from FD_ABOVE on, or -1 */
    bool is_anonymous;      /* no file could be had so far */
    uint64_t device, inode; /* of fd when it was opened: as with the dumper's */
    int state_fd;           /* the state directory, likewise */
    uint64_t state_device;  /* of state_fd when it was opened: the program */
    uint64_t state_inode;   /* may close it and reuse the number */
    int dumper_fd;          /* likewise */
    uint64_t dumper_device; /* likewise */
    uint64_t dumper_inode;
    uint64_t start_ticks;
    char name[BOX_NAME_BYTES];
};

struct box_spare;

/*
 * Makes the box of the calling process and fills in its identity; sampled: as
 * box_identity_fill. Where no file can be made it claims the spare one, or
 * falls back to an anonymous mapping; see box_file_retry. Fails with what mmap
 * said; *ret_file then holds nothing.
 */
MUST_CHECK int box_file_open(const struct config *config, bool sampled,
                             struct box_spare *spare,
                             struct box_file *ret_file);

/*
 * Makes sure that fd is the box: a program may close it, and reuse its number.
 * Then it is opened again by its name. Fails with -ENOENT or -ESTALE where
 * there is no such file any more.
 */
MUST_CHECK int box_file_descriptor(const struct config *config,
                                   struct box_file *file);

/*
 * What found no file at the start, for want of room or of a descriptor, tries
 * again at the crash, for then it is needed: all that was written goes there,
 * and the mapping stays where it is. Fails as at the start, and all is as
 * before. By one thread alone: the winner of a crash.
 */
MUST_CHECK int box_file_retry(const struct config *config,
                              struct box_file *file);

/*
 * Room for the whole box (box_space.h), once. On failure nothing may be stored
 * behind its head (BOX_HEAD_BYTES).
 */
MUST_CHECK int box_file_reserve(const struct config *config,
                                struct box_file *file);

/* Unlinks the file. The mapping stays: a late writer must not fault. */
void box_file_remove(const struct config *config, struct box_file *file);

#endif
