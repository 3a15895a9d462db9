/*
 * libc's own knowledge, __libc_single_threaded (sys/single_threaded.h). A
 * program may have a copy of it (by a copy relocation), and libc keeps up
 * both: its own for malloc and fork, the copy for the code of C++. Context:
 * guest.
 */
#include "handler/sampler/single_threaded.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "handler/interpose/other_libc.h"
#include "proto/base/fmt.h"

#define NAME "__libc_single_threaded"

static char *libc_own;
static char *visible; /* the same, where there is no copy */
static bool over;     /* the program has made a thread */

/* glibc 2.36 was the first to go by it in malloc and fork itself. */
static bool is_gone_by(void)
{
    const char *at = gnu_get_libc_version();
    const char *end = at + strlen(at);
    uint64_t major = 0;
    uint64_t minor = 0;

    return fmt_parse_u64(&at, end, 10, &major) == 0 && at < end &&
           *at++ == '.' && fmt_parse_u64(&at, end, 10, &minor) == 0 &&
           (major > 2 || (major == 2 && minor >= 36));
}

bool single_threaded_can_be_told(void)
{
    static bool looked;

    if (!looked && is_gone_by()) {
        libc_own = dlsym(RTLD_NEXT, NAME);
        visible = dlsym(RTLD_DEFAULT, NAME);
    }
    looked = true;
    return libc_own && visible;
}

static void set(char value)
{
    if (single_threaded_can_be_told()) {
        __atomic_store_n(libc_own, value, __ATOMIC_RELAXED);
        __atomic_store_n(visible, value, __ATOMIC_RELAXED);
    }
}

bool single_threaded(void)
{
    return single_threaded_can_be_told() &&
           __atomic_load_n(libc_own, __ATOMIC_RELAXED) &&
           __atomic_load_n(visible, __ATOMIC_RELAXED);
}

void single_threaded_again(void)
{
    if (!__atomic_load_n(&over, __ATOMIC_RELAXED))
        set(1);
}

bool single_threaded_over(void)
{
    return !__atomic_load_n(&over, __ATOMIC_RELAXED) &&
           !__atomic_exchange_n(&over, true, __ATOMIC_RELAXED);
}

void single_threaded_end(void)
{
    set(0);
}
