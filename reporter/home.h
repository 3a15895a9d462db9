/*
 * What every command works on: the state directory with its queue, the
 * configuration, the policy and the consent. Context: tool.
 */
#ifndef INQUEST_REPORTER_HOME_H
#define INQUEST_REPORTER_HOME_H

#include <stdbool.h>

#include "proto/base/compiler.h"
#include "proto/queue.h"
#include "proto/state_dir.h"
#include "reporter/config.h"
#include "reporter/consent/consent.h"
#include "reporter/consent/policy.h"

#define HOME_PROBLEM_BYTES 1024

#ifndef HOME_SYSTEM_DIR
#define HOME_SYSTEM_DIR "/etc/inquest" /* the administrator's */
#endif

struct home {
    char state_path[STATE_PATH_BYTES];
    char box_path[STATE_PATH_BYTES];
    int state_fd;
    struct queue queue;
    struct config config;
    struct policy vendor; /* of who packaged this: only its ceiling counts */
    struct policy policy;
    struct consent consent;
    int consent_error; /* why it could not be read: all is denied; or 0 */
    int page_error;    /* why programs could not be told of it; or 0 */
    bool do_not_track;
    char problem[HOME_PROBLEM_BYTES]; /* what is amiss but not fatal, or "" */
};

#define HOME_CLOSED                                                \
    {                                                              \
        .state_fd = -1, .queue = {.dir_fd = {-1, -1, -1, -1, -1} } \
    }
#define OWNED_HOME CLEANUP(home_close) struct home

/*
 * Opens the state directory, creating what is missing. On failure *ret_home is
 * closed but for state_path, which is "" when not even that is known.
 */
MUST_CHECK int home_open(struct home *ret_home);
void home_close(struct home *home);

/* Reads policy and consent again. True when they say something else now. */
bool home_refresh(struct home *home);

/*
 * Tells running programs (consent.page) what was read, and reads again until
 * that is the last word: who had read before another spoke would tell them the
 * word before. What could not be read is nobody's word, and is not told.
 * page_error says how it went: what is stored counts all the same.
 */
void home_tell_programs(struct home *home);

/*
 * Reads the configuration and vendor.conf again too, for who waits for long;
 * what config_get gave before is gone. Fails with -ENOMEM, -ERR_LIMIT: nothing
 * is configured then.
 */
MUST_CHECK int home_reread(struct home *home);

/* INQUEST_DISABLE is 1: nothing is watched, and no death reported. */
bool home_is_disabled(void);

/* The layers as they are; valid as long as home. */
struct consent_layers home_layers(const struct home *home);

/*
 * The directory of the running program, "/usr/bin"; and what lies beside it:
 * home_program("inquest-dumper"), home_library() for libinquest.so. Fails with
 * -ENOENT, -ENAMETOOLONG.
 */
MUST_CHECK int home_program(const char *name, char ret_path[STATE_PATH_BYTES]);
MUST_CHECK int home_library(char ret_path[STATE_PATH_BYTES]);

/*
 * Whether LD_PRELOAD can name it: in a path with a blank or a colon ld.so(8)
 * sees several, the later ones below the current directory; a dollar sign
 * begins a name that it replaces.
 */
bool home_library_preloads(const char *path);

/*
 * How LD_PRELOAD names it: DIR/inquest/$LIB/libinquest.so, where each loader
 * finds what it can load (handler/preload.cmake); the library itself where
 * that was not installed. Fails as home_library.
 */
MUST_CHECK int home_preload(char ret_path[STATE_PATH_BYTES]);

#endif
