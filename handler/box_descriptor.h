/*
 * The descriptors of a box. The program may close them, and have their numbers
 * for files of its own: each is believed by device and inode alone. Raw system
 * calls. Context: any.
 */
#ifndef INQUEST_HANDLER_BOX_DESCRIPTOR_H
#define INQUEST_HANDLER_BOX_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "handler/box_file.h"

/* Whether fd is open, and that file. */
bool box_descriptor_is(int fd, uint64_t device, uint64_t inode);

/* Opens the state directory as file->state_fd. Fails as state_dir_open. */
MUST_CHECK int box_descriptor_open_state(const struct config *config,
                                         struct box_file *file);

/* Makes sure that state_fd is the state directory, or -1. */
void box_descriptor_renew_state(const struct config *config,
                                struct box_file *file);

/* Closes those that are still ours (a fork child drops its parent's). */
void box_descriptors_close(struct box_file *file);
void box_descriptor_close_state(struct box_file *file);

#endif
