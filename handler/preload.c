/*
 * The constructor: configuration, box, alternate stack, handlers. Linked with
 * -z initfirst, so it runs before the constructors of every other library,
 * libc's own included: environ is not set up yet (envp is handed in) and
 * nothing here allocates. The sampler comes when libc is there
 * (interpose_process.c), for a thread does allocate. Context: guest.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "handler/box_identity.h"
#include "handler/crash/altstack.h"
#include "handler/crash/crash_handler.h"
#include "handler/crash/host_mask.h"
#include "handler/crash/install.h"
#include "handler/guest.h"
#include "handler/interpose/interpose.h"
#include "handler/interpose/other_libc.h"
#include "handler/interpose/real.h"
#include "proto/base/compiler.h"
#include "proto/base/fmt.h"
#include "proto/base/sys.h"

#define ABORT_UNBLOCKS_NO_MORE 41 /* glibc 2.41: its stdlib/abort.c */

/* Before 2.41 libc's abort unblocks SIGABRT. */
static bool abort_unblocks(void)
{
    const char *minor = gnu_get_libc_version() + sizeof "2." - 1;
    uint64_t number;

    return fmt_parse_u64(&minor, minor + strlen(minor), 10, &number) < 0 ||
           number < ABORT_UNBLOCKS_NO_MORE;
}

/* What of libc's abort must be known. Its text, of assert, malloc and fortify,
 * is private: it may be missing. */
static void find_abort(void)
{
    guest.raise_address = (uintptr_t)raise;
    host_mask_begin(abort_unblocks());
    guest.abort_message_address =
        (uint64_t)dlvsym(RTLD_DEFAULT, "__abort_msg", "GLIBC_PRIVATE");
}

__attribute__((constructor)) static void preload(int argc, char **argv,
                                                 char **envp)
{
    (void)argc;
    if (!gnu_get_libc_version) {
        guest.config.disabled = true; /* nor is an argument what it seems */
        return;
    }
    int saved_errno = errno;

    config_read(&guest.config, argv, envp);
    (void)real(); /* resolved now: never in a signal handler */
    guest.config.disabled = guest.config.disabled || interpose_sanitized();
    if (guest.config.disabled)
        return;
    guest.pid = sys_getpid();
    box_identity_begin();
    guest.phase = BOX_BEFORE_MAIN;
    find_abort();
    if (guest.config.eager_box)
        guest_begin_box();
    if (guest.config.interpose & INTERPOSE_ALTSTACK)
        (void)altstack_install();
    interpose_thread_prepare();
    interpose_sandbox_prepare();
    install_handlers();
    errno = saved_errno;
}

__attribute__((destructor)) static void unload(void)
{
    guest_clean_exit();
}
