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

#define LIST_BYTES        65536 /* of arguments, of environment; the rest is cut */
#define LIST_MAX          1024
#define NAME_BYTES        256
#define PATH_BYTES        64
#define RED_ZONE_BYTES    128 /* psABI x86-64, section 3.2.2 */
#define NEAR_BYTES        256 /* around what a register points at */
#define NEAR_BEFORE_BYTES 64

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

/* Of the crashing thread: names and values of what may be a pointer. */
static const struct {
    const char *name;
    int index; /* into the registers of sigcontext */
} pointers[] = {
    {"rax", REG_RAX}, {"rbx", REG_RBX}, {"rcx", REG_RCX}, {"rdx", REG_RDX},
    {"rsi", REG_RSI}, {"rdi", REG_RDI}, {"rbp", REG_RBP}, {"r8", REG_R8},
    {"r9", REG_R9},   {"r10", REG_R10}, {"r11", REG_R11}, {"r12", REG_R12},
    {"r13", REG_R13}, {"r14", REG_R14}, {"r15", REG_R15},
};

/* What lies around address; where it begins a mapping, from there on. */
static bool read_around(struct build *build, uint64_t address,
                        Inquest__V1__MemoryNear *near)
{
    uint8_t *bytes = build_alloc(build, NEAR_BYTES);
    uint64_t begin = address - NEAR_BEFORE_BYTES;
    size_t size =
        bytes ? target_read(build->target, begin, bytes, NEAR_BYTES) : 0;

    if (bytes && size < NEAR_BEFORE_BYTES) {
        begin = address;
        size = target_read(build->target, begin, bytes, NEAR_BYTES);
    }
    if (size == 0)
        return false;
    near->content = (ProtobufCBinaryData){size, bytes};
    near->has_address_case = INQUEST__V1__MEMORY_NEAR__HAS_ADDRESS_ADDRESS;
    near->address = begin;
    return true;
}

static void read_near(struct build *build, Inquest__V1__Sensitive *out)
{
    Inquest__V1__MemoryNear **list =
        build_alloc(build, ARRAY_LENGTH(pointers) * sizeof(*list));

    for (size_t i = 0; list && i < ARRAY_LENGTH(pointers); i++) {
        uint64_t value = build->box->crash.gregs[pointers[i].index];
        Inquest__V1__MemoryNear *near = build_alloc(build, sizeof *near);
        if (!near)
            return;
        inquest__v1__memory_near__init(near);
        near->register_name = (char *)pointers[i].name;
        if (!read_around(build, value, near))
            continue;
        list[out->n_memory_near++] = near;
        out->memory_near = list;
    }
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
    if (build->target) {
        read_stack(build, out);
        read_near(build, out);
    }
}
