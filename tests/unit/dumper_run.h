/*
 * The dumper as the programs that start it do, in a state directory of its
 * own, on a box that was made by hand. Context: tool.
 */
#ifndef INQUEST_TESTS_UNIT_DUMPER_RUN_H
#define INQUEST_TESTS_UNIT_DUMPER_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/box.h"
#include "proto/report_codec.h"
#include "tests/unit/support.h"

#define RUN_TEXT_BYTES 4096

struct run {
    char *directory; /* of the test, removed by run_remove */
    char state_dir[SUPPORT_PATH_BYTES];
    char box_path[SUPPORT_PATH_BYTES];
    struct box box;            /* what run_put_box writes */
    char said[RUN_TEXT_BYTES]; /* to stdout and stderr, the last time */
};

/* For cmocka: *state is a struct run with an empty state directory, and a box
 * of a process that is dead. */
int run_make(void **state);
int run_remove(void **state);

/* Everything in the state directory goes. */
void run_clear(struct run *run);

/* Writes run->box, its identity sealed, or the first size_bytes of it. */
void run_put_box(struct run *run, size_t size_bytes);
bool run_box_is_there(const struct run *run);
/* Reads it back. */
void run_get_box(struct run *run);

/* Nothing can be queued: a file stands in the way. */
void run_block_queue(struct run *run);

/*
 * Runs the dumper with these arguments, up to the first NULL, which may be
 * "BOX" and "STATE" for the paths. with_fds: the box is its descriptor 3, the
 * state directory 4. Returns its exit status; a signal fails the test.
 */
int run_dumper(struct run *run, const char *const arguments[], bool with_fds);
#define RUN_ARGUMENTS_MAX 12

/* How many reports wait; NULL or one of them, to be freed with report_free. */
size_t run_reports(const struct run *run, Inquest__V1__Report **ret_report);

/* The bytes of one that waits: how many. */
size_t run_report_file(const struct run *run, void *buffer, size_t capacity);

#endif
