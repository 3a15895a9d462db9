/*
 * The file of the program that a command line starts. Context: tool.
 */
#ifndef INQUEST_REPORTER_PROGRAM_FILE_H
#define INQUEST_REPORTER_PROGRAM_FILE_H

#include <limits.h>

#include "proto/base/compiler.h"

/*
 * The one that execvp would start, by its real path; where that is the loader,
 * called as a program (ld.so(8)), the one that it is to load: as the box of the
 * process has it. arguments end with NULL. Fails with -errno: no such file.
 */
MUST_CHECK int program_file(char *const *arguments, char ret_path[PATH_MAX]);

#endif
