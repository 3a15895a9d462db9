/* System calls by name: those that the sweeps fail. Context: tool. */
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "tests/fault/injector.h"

static const struct {
    const char *name;
    int number;
} calls[] = {
    {"accept4", SYS_accept4},
    {"bind", SYS_bind},
    {"clone", SYS_clone},
    {"clone3", SYS_clone3},
    {"close_range", SYS_close_range},
    {"connect", SYS_connect},
    {"dup3", SYS_dup3},
    {"execve", SYS_execve},
    {"execveat", SYS_execveat},
    {"fallocate", SYS_fallocate},
    {"fcntl", SYS_fcntl},
    {"fdatasync", SYS_fdatasync},
    {"flock", SYS_flock},
    {"fstat", SYS_fstat},
    {"fstatfs", SYS_fstatfs},
    {"fsync", SYS_fsync},
    {"ftruncate", SYS_ftruncate},
    {"futex", SYS_futex},
    {"getcwd", SYS_getcwd},
    {"getdents64", SYS_getdents64},
    {"getrandom", SYS_getrandom},
    {"inotify_add_watch", SYS_inotify_add_watch},
    {"linkat", SYS_linkat},
    {"lseek", SYS_lseek},
    {"memfd_create", SYS_memfd_create},
    {"mkdir", SYS_mkdir},
    {"mkdirat", SYS_mkdirat},
    {"mmap", SYS_mmap},
    {"mprotect", SYS_mprotect},
    {"newfstatat", SYS_newfstatat},
    {"open", SYS_open},
    {"openat", SYS_openat},
    {"pidfd_open", SYS_pidfd_open},
    {"pipe2", SYS_pipe2},
    {"poll", SYS_poll},
    {"prctl", SYS_prctl},
    {"pread64", SYS_pread64},
    {"prlimit64", SYS_prlimit64},
    {"process_vm_readv", SYS_process_vm_readv},
    {"ptrace", SYS_ptrace},
    {"pwrite64", SYS_pwrite64},
    {"read", SYS_read},
    {"readlink", SYS_readlink},
    {"readlinkat", SYS_readlinkat},
    {"recvfrom", SYS_recvfrom},
    {"rename", SYS_rename},
    {"renameat", SYS_renameat},
    {"renameat2", SYS_renameat2},
    {"rt_sigaction", SYS_rt_sigaction},
    {"sched_getaffinity", SYS_sched_getaffinity},
    {"sched_setaffinity", SYS_sched_setaffinity},
    {"sendmsg", SYS_sendmsg},
    {"sendto", SYS_sendto},
    {"setgroups", SYS_setgroups},
    {"setresgid", SYS_setresgid},
    {"setresuid", SYS_setresuid},
    {"sigaltstack", SYS_sigaltstack},
    {"signalfd4", SYS_signalfd4},
    {"socket", SYS_socket},
    {"unlink", SYS_unlink},
    {"unlinkat", SYS_unlinkat},
    {"vfork", SYS_vfork},
    {"wait4", SYS_wait4},
    {"waitid", SYS_waitid},
    {"write", SYS_write},
    {"writev", SYS_writev},
};

int injector_call_number(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        if (strcmp(calls[i].name, name) == 0)
            return calls[i].number;
    }
    return -1;
}

const char *injector_call_name(int number)
{
    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        if (calls[i].number == number)
            return calls[i].name;
    }
    return NULL;
}
