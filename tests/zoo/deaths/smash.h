/* Overwrites the stack above a local variable. Context: tool. */
#ifndef INQUEST_TESTS_ZOO_SMASH_H
#define INQUEST_TESTS_ZOO_SMASH_H

#include "tests/zoo/deaths/death.h"

#define SMASHED_WORDS 24

LINK void smash(uintptr_t *from, uintptr_t value);
LINK void smash(uintptr_t *from, uintptr_t value)
{
    for (int i = 0; i < SMASHED_WORDS; i++)
        from[i] = value;
}

#endif
