/*
 * What a box says of its process from the start. Raw system calls only.
 * Context: any.
 */
#ifndef INQUEST_HANDLER_BOX_IDENTITY_H
#define INQUEST_HANDLER_BOX_IDENTITY_H

#include "handler/box_file.h"
#include "handler/config.h"

/* What one look at /proc/self/stat tells. 0: not known. */
struct box_birth {
    uint64_t start_ticks; /* since boot: with the pid, unique */
    uint64_t rss_pages;   /* of 4096 bytes, now */
};

void box_identity_birth(struct box_birth *ret_birth);

/* The program starts: its box may come much later. */
void box_identity_begin(void);

/*
 * Fills in and seals box.identity; pid, start_ticks and state_fd are there.
 * sampled: without the place, which the sampler says within 10 ms. Names below
 * /proc that nobody has looked up yet are a tenth of what a start costs.
 */
void box_identity_fill(const struct config *config, bool sampled,
                       struct box_file *file);

/* The program's file: what the loader was called to load, or else what the
 * kernel runs; "" when it cannot be known. */
void box_identity_executable(const struct config *config, char *ret_path,
                             size_t size);

/* Where the link at path leads; buffer stays as it is when it cannot be read.
 */
void box_identity_link(const char *path, char *buffer, size_t size);

/*
 * The first sample, so that who dies before the sampler's first tick has one:
 * the resident set. 0: not known.
 */
void box_identity_sample(struct box *box, uint64_t rss_pages);

#endif
