/* The filter, of a table of calls. Context: any. */
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

#define CODE_MAX 1024
#define WRITES   (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define REFUSED  (SECCOMP_RET_ERRNO | EPERM)

/* The commonest first: the kernel asks in this order. */
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

static void add_group(struct program *program, const struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        jump(program, BPF_JEQ, (unsigned)group->calls[i], 0, 1);
        answer(program, SECCOMP_RET_ALLOW);
    }
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

static bool is_kept(unsigned right, unsigned rights)
{
    return right == 0 || (right & rights) != 0;
}

static void fill(struct program *program, unsigned rights)
{
    load(program, offsetof(struct seccomp_data, arch));
    jump(program, BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
    answer(program, REFUSED);
    load(program, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        if (is_kept(groups[i].right, rights))
            add_group(program, &groups[i]);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(exceptions); i++) {
        if (is_kept(exceptions[i].right, rights))
            add_exception(program, &exceptions[i]);
    }
    /* Its flags lie in memory, out of a filter's sight: libc asks clone. */
    jump(program, BPF_JEQ, SYS_clone3, 0, 1);
    answer(program, SECCOMP_RET_ERRNO | ENOSYS);
    answer(program, REFUSED);
}

int confine_self(unsigned rights)
{
    struct program program = {.size = 0};
    struct sock_fprog filter = {.filter = program.code};

    fill(&program, rights);
    if (program.size == CODE_MAX)
        return -E2BIG;
    filter.len = program.size;
    long r = sys_call5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (r == 0) {
        r = sys_call3(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
                      (long)&filter);
    }
    return (int)r;
}
