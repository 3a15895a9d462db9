/* The filter, and the answers to its notifications. Context: tool. */
#include "tests/fault/injector.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/fd.h"

#define PATH_BYTES 4096
#define LINE_BYTES 4352

/* Kernel 5.19; Debian 12's headers know it, older ones do not. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* Loads the call's number; the chosen ones notify, the others are allowed. */
static unsigned fill_filter(const struct injection *injection,
                            struct sock_filter *filter)
{
    unsigned n = 0;

    filter[n++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < injection->call_count; i++) {
        filter[n++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)injection->calls[i], 0, 1);
        filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
                                                   SECCOMP_RET_USER_NOTIF);
    }
    filter[n++] = (struct sock_filter)BPF_STMT(
        BPF_RET | BPF_K, injection->call_count == 0 ? SECCOMP_RET_USER_NOTIF
                                                    : SECCOMP_RET_ALLOW);
    return n;
}

/* In the child: the number of the listener, or -errno. */
static int install(const struct injection *injection)
{
    struct sock_filter filter[2 * INJECTOR_CALLS_MAX + 2];
    struct sock_fprog program = {
        .len = (unsigned short)fill_filter(injection, filter),
        .filter = filter,
    };
    const unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER |
                                SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

    if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    return fd < 0 ? -errno : (int)fd;
}

/* The child may make no call that notifies until we listen: it spins. */
static _Noreturn void run_child(const struct injection *injection, char **argv,
                                int *shared)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = install(injection);
    __atomic_store_n(shared, fd < 0 ? fd : fd + 1, __ATOMIC_RELEASE);
    if (fd < 0)
        _exit(1);
    while (__atomic_load_n(shared, __ATOMIC_ACQUIRE) != 0) {
    }
    (void)execv(argv[0], argv);
    _exit(127);
}

static int fetch_listener(pid_t pid, const int *shared)
{
    int number = 0;

    while ((number = __atomic_load_n(shared, __ATOMIC_ACQUIRE)) == 0)
        (void)sched_yield();
    if (number < 0)
        return number;
    OWNED_FD pidfd = pidfd_open(pid, 0);
    int fd = pidfd < 0 ? -1 : pidfd_getfd(pidfd, number - 1, 0);
    return fd < 0 ? -errno : fd;
}

int injector_start(const struct injection *injection, char **argv,
                   pid_t *ret_pid, int *ret_listener)
{
    int *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED)
        return -errno;
    pid_t pid = fork();
    if (pid == 0)
        run_child(injection, argv, shared);
    int fd = pid < 0 ? -errno : fetch_listener(pid, shared);
    if (fd < 0) {
        if (pid > 0) {
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, NULL, 0);
        }
    } else {
        *ret_pid = pid;
        *ret_listener = fd;
        __atomic_store_n(shared, 0, __ATOMIC_RELEASE);
    }
    (void)munmap(shared, sizeof *shared);
    return fd < 0 ? fd : 0;
}

static bool is_program(uint32_t tid, const char *program)
{
    char path[64];
    char target[PATH_BYTES];

    (void)snprintf(path, sizeof path, "/proc/%u/exe", tid);
    ssize_t size = readlink(path, target, sizeof target - 1);
    if (size <= 0)
        return false;
    target[size] = '\0';
    const char *name = strrchr(target, '/');
    return strcmp(name ? name + 1 : target, program) == 0;
}

/* Copies the name of the mapping that address lies in; "" when none. */
static void find_module(uint32_t tid, uint64_t address, char ret[LINE_BYTES])
{
    char path[64];
    unsigned long begin = 0;
    unsigned long end = 0;
    bool found = false;

    (void)snprintf(path, sizeof path, "/proc/%u/maps", tid);
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(ret, LINE_BYTES, file)) {
        /* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers */
        found = sscanf(ret, "%lx-%lx", &begin, &end) == 2 && address >= begin &&
                address < end;
    }
    if (!found)
        ret[0] = '\0';
    if (file)
        (void)fclose(file);
}

/* The kernel's own counters (eventfd(2)) take no disk and do not fail; whom
 * they fail to wake waits for ever or, as libmicrohttpd does, aborts. */
static bool is_wakeup(const struct seccomp_notif *request)
{
    char path[64];
    char target[PATH_BYTES];

    if (request->data.nr != SYS_read && request->data.nr != SYS_write)
        return false;
    (void)snprintf(path, sizeof path, "/proc/%u/fd/%u", request->pid,
                   (unsigned)request->data.args[0]);
    ssize_t size = readlink(path, target, sizeof target - 1);
    if (size <= 0)
        return false;
    target[size] = '\0';
    return strcmp(target, "anon_inode:[eventfd]") == 0;
}

static bool counts(const struct injection *injection,
                   const struct seccomp_notif *request)
{
    char module[LINE_BYTES];

    if (!is_program(request->pid, injection->program))
        return false;
    if (injection->action != INJECTOR_KILL && is_wakeup(request))
        return false;
    if (!injection->module && !injection->except)
        return true;
    find_module(request->pid, request->data.instruction_pointer, module);
    if (injection->except && strstr(module, injection->except))
        return false;
    return !injection->module || strstr(module, injection->module);
}

static pid_t process_of(uint32_t tid)
{
    char path[64];
    char line[256];
    pid_t pid = 0;

    (void)snprintf(path, sizeof path, "/proc/%u/status", tid);
    FILE *file = fopen(path, "re");
    while (file && pid == 0 && fgets(line, sizeof line, file)) {
        if (strncmp(line, "Tgid:", 5) == 0)
            pid = (pid_t)strtol(line + 5, NULL, 10);
    }
    if (file)
        (void)fclose(file);
    return pid > 0 ? pid : (pid_t)tid;
}

/* Writes one byte on the caller's behalf; what its call shall return. */
static long one_byte(const struct seccomp_notif *request)
{
    pid_t pid = process_of(request->pid);
    OWNED_FD pidfd = pidfd_open(pid, 0);
    OWNED_FD fd =
        pidfd < 0 ? -1 : pidfd_getfd(pidfd, (int)request->data.args[0], 0);
    char byte;
    struct iovec local = {&byte, 1};
    struct iovec remote = {(void *)request->data.args[1], 1};

    if (fd < 0 || process_vm_readv(pid, &local, 1, &remote, 1, 0) != 1)
        return -EIO;
    ssize_t n = request->data.nr == SYS_pwrite64
                    ? pwrite(fd, &byte, 1, (off_t)request->data.args[3])
                    : write(fd, &byte, 1);
    return n < 0 ? -errno : n;
}

static void act(const struct injection *injection,
                const struct seccomp_notif *request,
                struct seccomp_notif_resp *response)
{
    long result = -injection->error;

    if (injection->action == INJECTOR_RUN) {
        (void)system(injection->command); /* NOLINT(cert-env33-c) */
        response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        return;
    }
    if (injection->action == INJECTOR_KILL)
        (void)kill(process_of(request->pid), SIGKILL);
    if (injection->action == INJECTOR_SHORT)
        result = one_byte(request);
    response->error = result < 0 ? (int)result : 0;
    response->val = result < 0 ? 0 : result;
}

static bool is_due(const struct injection *injection, long hit)
{
    return injection->nth > 0 &&
           (injection->on ? hit >= injection->nth : hit == injection->nth);
}

void injector_answer(const struct injection *injection, int listener,
                     struct injector_result *result)
{
    struct seccomp_notif request = {0};
    struct seccomp_notif_resp response = {0};

    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
        return; /* it died before we looked */
    response.id = request.id;
    response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (counts(injection, &request)) {
        result->hits++;
        if (request.data.nr >= 0 && request.data.nr < INJECTOR_NUMBER_MAX)
            result->by_number[request.data.nr]++;
        if (is_due(injection, result->hits)) {
            result->fired++;
            response.flags = 0;
            act(injection, &request, &response);
        }
    }
    (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND,
                &response); /* may be dead */
}
