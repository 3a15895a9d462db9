/*
 * Whether a program can be watched at all: a look at its file before it
 * starts. Context: tool.
 */
#ifndef INQUEST_REPORTER_WATCHABLE_H
#define INQUEST_REPORTER_WATCHABLE_H

#include <stdbool.h>

#include "proto/base/compiler.h"

#define WATCHABLE_PATH_BYTES 4096
#define WATCHABLE_WHY_BYTES  256
#define WATCHABLE_SCRIPTS    4 /* scripts whose interpreter is a script, … */

/*
 * The file that execvp would start. Fails with -ENOENT, -EACCES.
 */
MUST_CHECK int watchable_find(const char *program,
                              char ret_path[WATCHABLE_PATH_BYTES]);

/* Of glibc. Called as a program it loads the one that its arguments name. */
bool watchable_is_loader(const char *path);

/*
 * 0: it can be watched. Fails with -ERR_DENIED; then why[] is a sentence
 * fragment that fits behind "cannot watch NAME: ".
 */
MUST_CHECK int watchable_check(const char *path,
                               char ret_why[WATCHABLE_WHY_BYTES]);

#endif
