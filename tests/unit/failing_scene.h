/*
 * What the sweeps of failing calls share: a state directory of three reports
 * that hold what must not leave, an operation on it, and what holds whatever
 * fails. Context: tool.
 */
#ifndef INQUEST_TESTS_UNIT_FAILING_SCENE_H
#define INQUEST_TESTS_UNIT_FAILING_SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/report_codec.h"
#include "reporter/home.h"
#include "tests/unit/support.h"

#define SCENE_REPORTS 3

/* In the reports, and never in what leaves. */
#define SCENE_FEATURE "zanzibar"
#define SCENE_HOST    "quagmire"
#define SCENE_SAID    "wombat"
#define SCENE_HOME    "/home/seraphina"

struct scene {
    char *directory;
    struct home home;
    char ids[SCENE_REPORTS][REPORT_ID_BYTES];
    void *own; /* the operation's */
};

/* run fails or not; check says what holds of the state, given its result. */
struct operation {
    const char *name;
    void (*prepare)(struct scene *scene); /* or NULL */
    int (*run)(struct scene *scene);
    void (*check)(struct scene *scene, int r); /* or NULL */
    /* Another process, in the middle of it: then the sweep is of that. */
    void (*meanwhile)(void *scene);
};

/* OPTIONAL and SENSITIVE are granted; the reports wait. */
void scene_make(struct scene *scene);
void scene_remove(struct scene *scene);

/* One lies in sent/, one is in busy/ and nobody's, one waits. */
void scene_spread(struct scene *scene);

/*
 * Each operation with each call failing, that one alone, it and the next, and
 * all from it on, until it succeeds untouched. After each: no descriptor is
 * left open, no report half, a later command works, and the same may leave as
 * before.
 */
void scene_sweep(const struct operation *operations, size_t count);

/* Fails the test with what was failing, unless it holds. */
void scene_holds(bool holds, const char *sentence);

/* In how many places of the queue, tmp/ aside, a report lies; which. */
int scene_places(const struct scene *scene, const char *id,
                 enum queue_place *ret_place);
bool scene_is_in(const struct scene *scene, const char *id,
                 enum queue_place place);

/* Moves it, whatever claims there are. */
void scene_move(const struct scene *scene, const char *id,
                enum queue_place place);

/* How many whole reports there are. */
size_t scene_count(const struct scene *scene);

#endif
