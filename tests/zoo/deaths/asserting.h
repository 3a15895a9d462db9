/*
 * crash_here makes an assertion that fails: a program says what its handler of
 * SIGABRT does. Context: tool.
 */
#ifndef INQUEST_TESTS_ZOO_ASSERTING_H
#define INQUEST_TESTS_ZOO_ASSERTING_H

#undef NDEBUG
#include <assert.h>
#include <signal.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    assert(!"this is the reason");
}

/* In main, with that handler. */
static inline int assert_handled(void (*handle)(int))
{
    (void)signal(SIGABRT, handle);
    crash_outer();
    return 0;
}

#endif
