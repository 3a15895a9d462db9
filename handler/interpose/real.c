/* The functions behind ours. Context: guest. */
#include "handler/interpose/real.h"

#include <dlfcn.h>
#include <stdbool.h>

#include "proto/base/compiler.h"

static struct real functions;
static bool resolved;

/* The order of struct real. */
static const char *const names[] = {
    "sigaction",      "signal",
    "siginterrupt",   "pthread_sigmask",
    "sigprocmask",    "sigsuspend",
    "ppoll",          "__ppoll_chk",
    "pselect",        "epoll_pwait",
    "epoll_pwait2",   "sigaltstack",
    "pthread_create", "__pthread_get_minstack",
    "thrd_create",    "fork",
    "daemon",         "exit",
    "_exit",          "quick_exit",
    "prctl",          "abort",
    "setuid",         "setgid",
    "seteuid",        "setegid",
    "setreuid",       "setregid",
    "setresuid",      "setresgid",
    "setgroups",      "initgroups",
    "capset",         "dup2",
    "dup3",           "__libc_start_main",
};
_Static_assert(sizeof functions == ARRAY_LENGTH(names) * sizeof(void *),
               "one name for each");

const struct real *real(void)
{
    if (__atomic_load_n(&resolved, __ATOMIC_ACQUIRE))
        return &functions;
    void **at = (void **)&functions;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        at[i] = dlsym(RTLD_NEXT, names[i]);
    __atomic_store_n(&resolved, true, __ATOMIC_RELEASE);
    return &functions;
}
