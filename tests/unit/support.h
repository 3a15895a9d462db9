/*
 * What cmocka wants included first, and a directory of the test's own.
 * Context: tool.
 */
#ifndef INQUEST_TESTS_UNIT_SUPPORT_H
#define INQUEST_TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SUPPORT_PATH_BYTES 256

/* A fresh directory; *state is its path (for a cmocka setup function). */
int support_directory_make(void **state);

/* Removes it and all below it (teardown). */
int support_directory_remove(void **state);

#endif
