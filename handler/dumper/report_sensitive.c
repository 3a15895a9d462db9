/*
 * Raw evidence, class SENSITIVE: recorded only where it was granted, and then
 * it leaves only with a report that was named for it. Context: tool.
 */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ucontext.h>
#include <unistd.h>

#include "handler/dumper/report_build.h"
#include "proto/base/io.h"

#define LIST_BYTES     65536 /* of arguments, of environment; the rest is cut */
#define LIST_MAX       1024
#define NAME_BYTES     256
#define PATH_BYTES     64
#define RED_ZONE_BYTES 128 /* psABI x86-64, section 3.2.2 */

/* The strings of /proc/PID/cmdline or environ, each ended by a NUL. */
static void read_list(struct build *build, const char *what, char ***ret_list,
                      size_t *ret_count)
{
    static char text[LIST_BYTES];
    char path[PATH_BYTES];
    size_t size = 0;
    size_t count = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/%s",
                   (int)build->box->identity.pid, what);
    DROP(io_read_text(AT_FDCWD, path, text, sizeof text, &size)); /* or part */
    char **list = build_alloc(build, LIST_MAX * sizeof *list);
    for (size_t at = 0; list && at < size && count < LIST_MAX;) {
        size_t length = strnlen(text + at, size - at);
        list[count++] = build_string(build, text + at, length);
        at += length + 1;
    }
    *ret_list = list;
    *ret_count = count;
}

static void read_place(struct build *build, Inquest__V1__Sensitive *out)
{
    char path[PATH_BYTES];
    char text[NAME_BYTES * 16];

    (void)snprintf(path, sizeof path, "/proc/%d/cwd",
                   (int)build->box->identity.pid);
    ssize_t size = readlink(path, text, sizeof text - 1);
    if (size > 0)
        out->working_directory = build_string(build, text, (size_t)size);
    if (gethostname(text, NAME_BYTES) == 0)
        out->host_name = build_string(build, text, NAME_BYTES);
    const struct passwd *user = getpwuid(build->box->identity.uid);
    if (user)
        out->user_name = build_string(build, user->pw_name, NAME_BYTES);
}

/* The top of the crashing thread's stack, from below its red zone. */
static void read_stack(struct build *build, Inquest__V1__Sensitive *out)
{
    uint64_t address = build->box->crash.gregs[REG_RSP] - RED_ZONE_BYTES;
    uint8_t *stack = build_alloc(build, BOX_STACK_BYTES);
    size_t size =
        stack ? target_read(build->target, address, stack, BOX_STACK_BYTES) : 0;

    if (size == 0)
        return;
    out->stack_bytes = (ProtobufCBinaryData){size, stack};
    out->has_stack_address_case =
        INQUEST__V1__SENSITIVE__HAS_STACK_ADDRESS_STACK_ADDRESS;
    out->stack_address = address;
}

void build_sensitive(struct build *build)
{
    Inquest__V1__Sensitive *out = build_alloc(build, sizeof *out);

    if (!out)
        return;
    inquest__v1__sensitive__init(out);
    build->report.sensitive = out;
    read_list(build, "cmdline", &out->arguments, &out->n_arguments);
    read_list(build, "environ", &out->environment, &out->n_environment);
    read_place(build, out);
    if (build->target)
        read_stack(build, out);
}
