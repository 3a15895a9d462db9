/*
 * prctl, and syscall for seccomp(2), which has no function of its own in libc
 * (libseccomp calls it so too), for the calls of interpose_place.c and for the
 * end of a thread. Before a filter is installed we look at it: where it spares
 * the crash path, crashes are recorded in process (tier 2); where it does not,
 * our handlers go, and the box alone tells. Context: guest.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/prctl.h>

#include "handler/crash/install.h"
#include "handler/guest.h"
#include "handler/interpose/interpose.h"
#include "handler/interpose/real.h"
#include "handler/interpose/sandbox_filter.h"
#include "handler/own_memory.h"
#include "handler/sampler/sampler.h"
#include "proto/base/compiler.h"
#include "proto/base/sys.h"

/* What was taken down for a filter that may be refused yet. */
struct retreat {
    bool handlers;
    bool sampler;
    bool keeps_box, mute; /* of struct guest, once it is there */
};

/* Four system calls are left: one of ours would kill the program. */
static struct retreat before_strict(void)
{
    struct retreat retreat = {guest.armed, sampler_stop(), true, true};

    install_undo();
    return retreat;
}

/* Programs ask with bad pointers what the kernel knows of (libseccomp does). */
static bool is_there(const struct sock_fprog *program)
{
    return own_memory_is_readable(program, sizeof *program) &&
           program->len > 0 && program->len <= BPF_MAXINSNS &&
           own_memory_is_readable(program->filter,
                                  program->len * sizeof *program->filter);
}

/* every_thread: the filter is meant for those that run already, too. */
static struct retreat before_filter(const struct sock_fprog *program,
                                    bool every_thread)
{
    struct retreat retreat = {0};

    if (!guest.armed || !is_there(program))
        return retreat;
    (void)guest_box(); /* afterwards it cannot be made */
    retreat.keeps_box = !sandbox_filter_spares_unlink(program);
    retreat.mute = !sandbox_filter_spares_getpid(program);
    /* Which the sampler was not made for, or it would be the last one left. */
    if (every_thread || sandbox_filter_may_end_thread(program))
        retreat.sampler = sampler_stop();
    if (!sandbox_filter_spares_crash(program)) {
        retreat.handlers = true;
        install_undo();
    }
    return retreat;
}

static void after(const struct retreat *retreat, bool done)
{
    if (done) {
        guest.sandboxed = true;
        guest.keeps_box |= retreat->keeps_box;
        guest.mute |= retreat->mute;
        return;
    }
    if (retreat->handlers)
        install_handlers();
    if (retreat->sampler)
        sampler_start();
}

EXPORT int prctl(int option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    unsigned long a = va_arg(arguments, unsigned long);
    unsigned long b = va_arg(arguments, unsigned long);
    unsigned long c = va_arg(arguments, unsigned long);
    unsigned long d = va_arg(arguments, unsigned long);
    va_end(arguments);
    struct retreat retreat = {0};
    bool interposed = guest_interposes(INTERPOSE_SANDBOX);
    bool sandbox = interposed && option == PR_SET_SECCOMP;

    bool dispatch = interposed && option == PR_SET_SYSCALL_USER_DISPATCH &&
                    a == PR_SYS_DISPATCH_ON && !guest.sigsys_left;

    if (dispatch)
        install_leave_sigsys();
    if (sandbox && a == SECCOMP_MODE_STRICT)
        retreat = before_strict();
    if (sandbox && a == SECCOMP_MODE_FILTER)
        retreat = before_filter((const struct sock_fprog *)b, false);
    int r = real()->prctl(option, a, b, c, d);
    if (r < 0 && dispatch)
        install_take_sigsys();
    if (r == 0 && interposed && option == PR_SET_DUMPABLE)
        guest.prctl_undumpable = a == 0;
    if (r == 0 && interposed && option == PR_SET_PTRACER)
        guest.ptracer = a;
    if (sandbox)
        after(&retreat, r == 0);
    return r;
}

/* Reached by a jump from syscall: the caller's own registers. */
long interpose_seccomp(long number, unsigned long operation,
                       unsigned long flags, const void *arguments);
__attribute__((used)) long interpose_seccomp(long number,
                                             unsigned long operation,
                                             unsigned long flags,
                                             const void *arguments)
{
    struct retreat retreat = {0};

    bool interposed = guest_interposes(INTERPOSE_SANDBOX);
    bool strict = interposed && operation == SECCOMP_SET_MODE_STRICT;
    bool filter = interposed && operation == SECCOMP_SET_MODE_FILTER;

    if (strict)
        retreat = before_strict();
    if (filter)
        retreat = before_filter(arguments, flags & SECCOMP_FILTER_FLAG_TSYNC);
    long r = sys_call3(number, (long)operation, (long)flags, (long)arguments);
    if (strict || filter)
        after(&retreat, r >= 0);
    if (r >= 0)
        return r;
    errno = (int)-r;
    return -1;
}

long interpose_syscall_failed(long r);
__attribute__((used)) long interpose_syscall_failed(long r)
{
    errno = (int)-r;
    return -1;
}

#define TEXT_OF(value) #value
#define TEXT(value)    TEXT_OF(value)

/* libc's syscall; NULL before the constructor ran. */
static __attribute__((used)) void *interpose_next_syscall;

/* Reached by a jump, too. */
long interpose_exit(long number, long status);
__attribute__((used)) long interpose_exit(long number, long status)
{
    long (*next)(long, ...) = interpose_next_syscall;

    interpose_thread_exits();
    return next ? next(number, status) : sys_call1(number, status);
}

void interpose_sandbox_prepare(void)
{
    interpose_next_syscall = dlsym(RTLD_NEXT, "syscall");
}

/*
 * long syscall(long number, ...), without a frame of ours: a child that the
 * call makes returns on the stack that it was given. libc's makes it, for a
 * program may let calls through by where they stand (user dispatch). Before
 * that is known: arguments as a C function has them, to where the kernel wants
 * them (psABI, A.2.1); a result of -4095 to -1 is an error. In assembly
 * altogether, since a compiler that does not optimise stores the arguments of a
 * naked function, too, where the caller has its variables.
 */
__asm__(".set number_seccomp, " TEXT(SYS_seccomp));
__asm__(".set number_exit, " TEXT(SYS_exit));
__asm__(".set number_unshare, " TEXT(SYS_unshare));
__asm__(".set number_setns, " TEXT(SYS_setns));
__asm__(".set number_close_range, " TEXT(SYS_close_range));
__asm__(".text\n"
        ".globl syscall\n"
        ".type syscall, @function\n"
        "syscall:\n\t"
        ".cfi_startproc\n\t"
        "endbr64\n\t"
        "cmp $number_seccomp, %rdi\n\t"
        "je interpose_seccomp\n\t"
        "cmp $number_exit, %rdi\n\t"
        "je interpose_exit\n\t"
        "cmp $number_unshare, %rdi\n\t"
        "je interpose_alone\n\t"
        "cmp $number_setns, %rdi\n\t"
        "je interpose_alone\n\t"
        "cmp $number_close_range, %rdi\n\t"
        "je interpose_close_range\n\t"
        "mov interpose_next_syscall(%rip), %r11\n\t"
        "test %r11, %r11\n\t"
        "jz 2f\n\t"
        "jmp *%r11\n"
        "2:\n\t"
        "mov %rdi, %rax\n\t"
        "mov %rsi, %rdi\n\t"
        "mov %rdx, %rsi\n\t"
        "mov %rcx, %rdx\n\t"
        "mov %r8, %r10\n\t"
        "mov %r9, %r8\n\t"
        "mov 8(%rsp), %r9\n\t"
        "syscall\n\t"
        "cmp $-4095, %rax\n\t"
        "jae 1f\n\t"
        "ret\n"
        "1:\n\t"
        "mov %rax, %rdi\n\t"
        "jmp interpose_syscall_failed\n\t"
        ".cfi_endproc\n"
        ".size syscall, . - syscall\n");
