/*
 * The call chain that the zoo looks for in a report: main or a thread calls
 * crash_outer, crash_middle, crash_here; a program defines crash_here, which
 * dies. One translation unit a program, so functions live here. Context: tool.
 */
#ifndef INQUEST_TESTS_ZOO_DEATH_H
#define INQUEST_TESTS_ZOO_DEATH_H

#include <stdint.h>

#ifdef __cplusplus
#define C_LINKAGE extern "C"
#else
#define C_LINKAGE
#endif

/* Neither inlined nor cloned nor known to end the world. */
#define LINK C_LINKAGE __attribute__((noipa))

LINK void crash_here(void);
LINK void crash_middle(void);
LINK void crash_outer(void);

LINK void crash_middle(void)
{
    crash_here();
    __asm__ volatile("" ::: "memory");
}

LINK void crash_outer(void)
{
    crash_middle();
    __asm__ volatile("" ::: "memory");
}

/* An address the compiler knows nothing of. */
static inline volatile int *death_pointer(uintptr_t address)
{
    __asm__ volatile("" : "+r"(address));
    return (volatile int *)address;
}

static inline void death_write(uintptr_t address)
{
    *death_pointer(address) = 1;
}

#endif
