/*
 * Programs built with a sanitizer, whose runtime tells their faults itself: we
 * keep out. That of AddressSanitizer ends a program before main when a library
 * came before it, as a preloaded one does, unless its options say not to look.
 * https://github.com/google/sanitizers/wiki/AddressSanitizerFlags
 * Context: guest.
 */
#include <stddef.h>

#include "handler/interpose/interpose.h"
#include "proto/base/compiler.h"

/* NOLINTBEGIN: the names are the runtimes'. Where there is none they are NULL:
 * unlike dlsym that makes no message, which would allocate. */
extern __attribute__((weak)) void __asan_init(void);
extern __attribute__((weak)) void __hwasan_init(void);
extern __attribute__((weak)) void __msan_init(void);
extern __attribute__((weak)) void __tsan_init(void);

/* A program may define it, too, and its own goes before ours. */
EXPORT const char *__asan_default_options(void);
EXPORT const char *__asan_default_options(void)
{
    return "verify_asan_link_order=0";
}

bool interpose_sanitized(void)
{
    return __asan_init != NULL || __hwasan_init != NULL ||
           __msan_init != NULL || __tsan_init != NULL;
}
/* NOLINTEND */
