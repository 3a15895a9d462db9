/*
 * Raw system calls: the kernel's own result, negative errno on failure; never
 * touches errno, never a cancellation point, never interposed. x86-64 only
 * (System V psABI, appendix A.2.1). Context: any.
 */
#ifndef INQUEST_PROTO_BASE_SYS_H
#define INQUEST_PROTO_BASE_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

/* Of a set of signals as rt_sigprocmask and rt_sigaction have it. */
#define SYS_SIGSET_BYTES 8

/* NOLINTBEGIN(readability-function-size): the kernel takes six arguments. */
static inline long sys_call6(long number, long a, long b, long c, long d,
                             long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long sys_call5(long number, long a, long b, long c, long d,
                             long e)
{
    return sys_call6(number, a, b, c, d, e, 0);
}
/* NOLINTEND(readability-function-size) */

static inline long sys_call4(long number, long a, long b, long c, long d)
{
    return sys_call6(number, a, b, c, d, 0, 0);
}

static inline long sys_call3(long number, long a, long b, long c)
{
    return sys_call6(number, a, b, c, 0, 0, 0);
}

static inline long sys_call2(long number, long a, long b)
{
    return sys_call6(number, a, b, 0, 0, 0, 0);
}

static inline long sys_call1(long number, long a)
{
    return sys_call6(number, a, 0, 0, 0, 0, 0);
}

static inline long sys_call0(long number)
{
    return sys_call6(number, 0, 0, 0, 0, 0, 0);
}

static inline int sys_close(int fd)
{
    return (int)sys_call1(SYS_close, fd);
}

static inline int sys_openat(int dir_fd, const char *path, int flags, int mode)
{
    return (int)sys_call4(SYS_openat, dir_fd, (long)path, flags, mode);
}

static inline long sys_read(int fd, void *buffer, size_t size_bytes)
{
    return sys_call3(SYS_read, fd, (long)buffer, (long)size_bytes);
}

static inline long sys_pread(int fd, void *buffer, size_t size_bytes,
                             uint64_t offset)
{
    return sys_call4(SYS_pread64, fd, (long)buffer, (long)size_bytes,
                     (long)offset);
}

static inline long sys_write(int fd, const void *buffer, size_t size_bytes)
{
    return sys_call3(SYS_write, fd, (long)buffer, (long)size_bytes);
}

/* The kernel's own answer, never a cached one (a vfork child differs). */
static inline int sys_getpid(void)
{
    return (int)sys_call0(SYS_getpid);
}

static inline int sys_gettid(void)
{
    return (int)sys_call0(SYS_gettid);
}

/* CLOCK_…, which exists, in ns. */
static inline int64_t sys_clock_ns(int clock)
{
    struct timespec now = {0};

    (void)sys_call2(SYS_clock_gettime, clock, (long)&now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* CLOCK_REALTIME in ms, as every *_unix_ms. */
static inline uint64_t sys_unix_ms(void)
{
    return (uint64_t)sys_clock_ns(CLOCK_REALTIME) / 1000000u;
}

#endif
