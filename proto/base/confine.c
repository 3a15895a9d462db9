/*
 * The filter, of a table of calls. It searches by halves: the kernel tries it
 * on every number when it takes it, and a list took it 0.25 ms, four times as
 * long. Context: any.
 */
#include "proto/base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "proto/base/sys.h"

#define CODE_MAX      1024
#define CALLS_MAX     512 /* the last is nobody's: all beyond are refused */
#define STRETCHES_MAX 256 /* half of their code is what one jump reaches */
#define WRITES        (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define REFUSED       (SECCOMP_RET_ERRNO | EPERM)

static const short everybody[] = {
    SYS_read,
    SYS_pread64,
    SYS_write,
    SYS_pwrite64,
    SYS_close,
    SYS_fstat,
    SYS_newfstatat,
    SYS_lseek,
    SYS_munmap,
    SYS_futex,
    SYS_clock_gettime,
    SYS_setitimer,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_readv,
    SYS_preadv,
    SYS_getdents64,
    SYS_stat,
    SYS_lstat,
    SYS_statx,
    SYS_access,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_readlink,
    SYS_readlinkat,
    SYS_statfs,
    SYS_fstatfs,
    SYS_getcwd,
    SYS_fcntl,
    SYS_flock,
    SYS_dup,
    SYS_fadvise64,
    SYS_writev,
    SYS_pwritev,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_fsync,
    SYS_fdatasync,
    SYS_pipe,
    SYS_pipe2,
    SYS_poll,
    SYS_ppoll,
    SYS_brk,
    SYS_mremap,
    SYS_madvise,
    SYS_msync,
    SYS_mincore,
    SYS_memfd_create,
    SYS_set_robust_list,
    SYS_set_tid_address,
    SYS_rseq,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_membarrier,
    SYS_sigaltstack,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_time,
    SYS_alarm,
    SYS_times,
    SYS_getrandom,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrusage,
    SYS_getrlimit,
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getgroups,
    SYS_umask,
    SYS_restart_syscall,
    SYS_exit,
    SYS_exit_group,
};
static const short files[] = {
    SYS_open,      SYS_openat,   SYS_creat,           SYS_truncate,
    SYS_unlink,    SYS_unlinkat, SYS_rename,          SYS_renameat,
    SYS_renameat2, SYS_link,     SYS_linkat,          SYS_symlink,
    SYS_symlinkat, SYS_mkdir,    SYS_mkdirat,         SYS_rmdir,
    SYS_chmod,     SYS_fchmod,   SYS_fchmodat,        SYS_chown,
    SYS_fchown,    SYS_fchownat, SYS_utimensat,       SYS_chdir,
    SYS_fchdir,    SYS_sendfile, SYS_copy_file_range,
};
static const short traces[] = {
    SYS_process_vm_readv,
    SYS_wait4,
    SYS_waitid,
};
/* What the starts of programs do, too. */
static const short starts[] = {
    SYS_mmap,
    SYS_mprotect,
    SYS_clone,
    SYS_fork,
    SYS_vfork,
    SYS_execve,
    SYS_execveat,
    SYS_wait4,
    SYS_waitid,
    SYS_kill,
    SYS_tgkill,
    SYS_pidfd_open,
    SYS_pidfd_send_signal,
    SYS_prctl,
    SYS_arch_prctl,
    SYS_close_range,
    SYS_dup2,
    SYS_dup3,
    SYS_setrlimit,
    SYS_seccomp,
    SYS_ioctl,
};
static const short sends[] = {
    SYS_socket,      SYS_socketpair,  SYS_connect,       SYS_bind,
    SYS_getsockname, SYS_getpeername, SYS_setsockopt,    SYS_getsockopt,
    SYS_sendto,      SYS_sendmsg,     SYS_sendmmsg,      SYS_recvfrom,
    SYS_recvmsg,     SYS_recvmmsg,    SYS_shutdown,      SYS_ioctl,
    SYS_select,      SYS_pselect6,    SYS_epoll_create1, SYS_epoll_ctl,
    SYS_epoll_wait,  SYS_eventfd2,
};
static const short leaks[] = {
    SYS_clone,  SYS_ptrace, SYS_wait4,    SYS_prctl,       SYS_kill,
    SYS_tgkill, SYS_mmap,   SYS_mprotect, SYS_personality, SYS_getdents,
};

/* Who may call what is in one of the lists; 0: everybody. */
static const struct group {
    unsigned right;
    const short *calls;
    size_t count;
} groups[] = {
    {0, everybody, ARRAY_LENGTH(everybody)},
    {CONFINE_FILES, files, ARRAY_LENGTH(files)},
    {CONFINE_TRACE, traces, ARRAY_LENGTH(traces)},
    {CONFINE_PROGRAMS, starts, ARRAY_LENGTH(starts)},
    {CONFINE_NETWORK, sends, ARRAY_LENGTH(sends)},
    {CONFINE_SANITIZER, leaks, ARRAY_LENGTH(leaks)},
};

enum test {
    WITHOUT, /* none of the bits of value in the argument */
    WITH,    /* one of them */
    EQUAL,   /* the argument's lower half is value */
};

/* A call that depends on an argument. */
static const struct exception {
    unsigned right; /* 0: everybody */
    short call;
    short argument;
    enum test test;
    unsigned value;
} exceptions[] = {
    {0, SYS_openat, 2, WITHOUT, WRITES},
    {0, SYS_open, 1, WITHOUT, WRITES},
    {0, SYS_mmap, 2, WITHOUT, PROT_EXEC},
    {0, SYS_mprotect, 2, WITHOUT, PROT_EXEC},
    {0, SYS_clone, 0, WITH, CLONE_THREAD},
    {0, SYS_prlimit64, 0, EQUAL, 0}, /* of ourselves */
    {CONFINE_TRACE, SYS_ptrace, 0, EQUAL, PTRACE_SEIZE},
    {CONFINE_TRACE, SYS_ptrace, 0, EQUAL, PTRACE_INTERRUPT},
    {CONFINE_TRACE, SYS_ptrace, 0, EQUAL, PTRACE_GETREGS},
    {CONFINE_TRACE, SYS_ptrace, 0, EQUAL, PTRACE_POKEUSER},
    {CONFINE_TRACE, SYS_ptrace, 0, EQUAL, PTRACE_DETACH},
};

struct program {
    struct sock_filter code[CODE_MAX];
    unsigned short size;
};

static void add(struct program *program, struct sock_filter instruction)
{
    if (program->size < CODE_MAX)
        program->code[program->size++] = instruction;
}

static void load(struct program *program, size_t offset)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                              (unsigned)offset));
}

static void answer(struct program *program, unsigned what)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

/* Where value and the loaded word agree by how, if_true are left out. */
static void jump(struct program *program, int how, unsigned value,
                 unsigned char if_true, unsigned char if_false)
{
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | how | BPF_K, value,
                                              if_true, if_false));
}

static bool is_kept(unsigned right, unsigned rights)
{
    return right == 0 || (right & rights) != 0;
}

/* Whose calls are let through whatever their arguments. */
struct calls {
    bool allowed[CALLS_MAX];
};

static struct calls calls_of(unsigned rights)
{
    struct calls calls = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        if (!is_kept(groups[i].right, rights))
            continue;
        for (size_t k = 0; k < groups[i].count; k++) {
            if (groups[i].calls[k] < CALLS_MAX - 1)
                calls.allowed[groups[i].calls[k]] = true;
        }
    }
    return calls;
}

/* Numbers with one answer, up to where the next ones begin. */
struct stretches {
    struct {
        unsigned short begin;
        bool allowed;
    } at[STRETCHES_MAX];
    size_t count;
};

static int stretches_of(const struct calls *calls, struct stretches *stretches)
{
    for (unsigned short i = 0; i < CALLS_MAX; i++) {
        if (i > 0 && calls->allowed[i] == calls->allowed[i - 1])
            continue;
        if (stretches->count == STRETCHES_MAX)
            return -E2BIG;
        stretches->at[stretches->count].begin = i;
        stretches->at[stretches->count++].allowed = calls->allowed[i];
    }
    return 0;
}

/* Answers by the stretch of [low, high) that the loaded number is in. */
static void add_search(struct program *program,
                       const struct stretches *stretches, size_t low,
                       size_t high)
{
    size_t middle = low + (high - low) / 2;

    if (high - low == 1) {
        answer(program,
               stretches->at[low].allowed ? SECCOMP_RET_ALLOW : REFUSED);
        return;
    }
    /* Over the lower half: so many answers, and a jump between each two. */
    jump(program, BPF_JGE, stretches->at[middle].begin,
         (unsigned char)(2 * (middle - low) - 1), 0);
    add_search(program, stretches, low, middle);
    add_search(program, stretches, middle, high);
}

/* Allows, or goes on behind itself with the call's number loaded. */
static void add_exception(struct program *program,
                          const struct exception *exception)
{
    jump(program, BPF_JEQ, (unsigned)exception->call, 0, 4);
    load(program, offsetof(struct seccomp_data, args) +
                      sizeof(uint64_t) * (size_t)exception->argument);
    jump(program, exception->test == EQUAL ? BPF_JEQ : BPF_JSET,
         exception->value, exception->test == WITHOUT,
         exception->test != WITHOUT);
    answer(program, SECCOMP_RET_ALLOW);
    load(program, offsetof(struct seccomp_data, nr));
}

static int fill(struct program *program, unsigned rights)
{
    struct calls calls = calls_of(rights);
    struct stretches stretches = {.count = 0};

    int r = stretches_of(&calls, &stretches);
    if (r < 0)
        return r;
    load(program, offsetof(struct seccomp_data, arch));
    jump(program, BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
    answer(program, REFUSED);
    load(program, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < ARRAY_LENGTH(exceptions); i++) {
        if (is_kept(exceptions[i].right, rights) &&
            !calls.allowed[exceptions[i].call])
            add_exception(program, &exceptions[i]);
    }
    /* Its flags lie in memory, out of a filter's sight: libc asks clone. */
    jump(program, BPF_JEQ, SYS_clone3, 0, 1);
    answer(program, SECCOMP_RET_ERRNO | ENOSYS);
    add_search(program, &stretches, 0, stretches.count);
    return program->size == CODE_MAX ? -E2BIG : 0;
}

int confine_self(unsigned rights)
{
    struct program program = {.size = 0};
    struct sock_fprog filter = {.filter = program.code};

    long r = fill(&program, rights);
    if (r < 0)
        return (int)r;
    filter.len = program.size;
    r = sys_call5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (r == 0) {
        r = sys_call3(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
                      (long)&filter);
    }
    return (int)r;
}
