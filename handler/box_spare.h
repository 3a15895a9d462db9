/*
 * A file for the box of a child that is forked later. A daemon that gives up
 * root first and goes to the background then cannot make one any more: whom it
 * became may not enter the state directory. So a process that is about to give
 * up root makes one file more, and its descendants inherit the descriptor.
 *
 * Until it is claimed the file is empty, and a lock of the open file
 * description (fcntl(2), F_OFD_SETLK), which lasts as long as one of them has
 * it open, says that it is not forgotten. Who has the descriptor can read the
 * box and cut it short: it is for processes of one user. Context: any.
 */
#ifndef INQUEST_HANDLER_BOX_SPARE_H
#define INQUEST_HANDLER_BOX_SPARE_H

#include <stdbool.h>

#include "handler/box_file.h"

/* A zeroed struct is none. */
struct box_spare {
    int fd;  /* from FD_ABOVE on; the program may close it */
    int pid; /* of who made it */
    uint64_t device, inode;
    char name[BOX_NAME_BYTES]; /* "": none */
};

/*
 * Makes it where this process has made none yet; one of its parent's, whose
 * other children may become somebody else, it lets go. Without room or
 * descriptors: none.
 */
void box_spare_make(const struct config *config, const struct box_file *own,
                    struct box_spare *spare);

/*
 * Makes it the file of *file, which has none. False where there is none, or
 * another has it: of those that inherited it the first one that asks. Root has
 * no need of it, and does not write where others may.
 */
bool box_spare_claim(struct box_spare *spare, struct box_file *file);

/* At the end of who made it, where that is root again: its descendants that are
 * not have claimed it by then, or made their own. */
void box_spare_remove(const struct config *config,
                      const struct box_spare *spare);

#endif
