/*
 * What a box says of its process from the start. Raw system calls only.
 * Context: any.
 */
#ifndef INQUEST_HANDLER_BOX_IDENTITY_H
#define INQUEST_HANDLER_BOX_IDENTITY_H

#include "handler/box_file.h"
#include "handler/config.h"

/* When the calling process was started, in clock ticks since boot (field 22 of
 * /proc/self/stat); 0: unknown. */
uint64_t box_identity_ticks(void);

/* Fills in and seals box.identity; pid, start_ticks and state_fd are there. */
void box_identity_fill(const struct config *config, struct box_file *file);

/*
 * The first sample, so that who dies before the sampler's first tick has one:
 * the resident set.
 */
void box_identity_sample(struct box *box);

#endif
