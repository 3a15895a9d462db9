/*
 * Small seccomp filters: one verdict for some system calls, the rest allowed.
 * Program layout: seccomp(2), bpf in linux/filter.h. Context: tool.
 */
#ifndef INQUEST_TESTS_ZOO_SANDBOX_H
#define INQUEST_TESTS_ZOO_SANDBOX_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define SANDBOX_CALLS_MAX 32

struct sandbox {
    struct sock_filter code[2 * SANDBOX_CALLS_MAX + 2];
    struct sock_fprog program;
};

/* verdict for numbers[count], rest for the others; no privileges from here. */
static inline void sandbox_make(struct sandbox *sandbox,
                                const uint32_t *numbers, size_t count,
                                uint32_t verdict, uint32_t rest)
{
    struct sock_filter *code = sandbox->code;
    unsigned short used = 0;

    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    code[used++] = (struct sock_filter)BPF_STMT(
        BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count && i < SANDBOX_CALLS_MAX; i++) {
        code[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                    numbers[i], 0, 1);
        code[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict);
    }
    code[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, rest);
    sandbox->program = (struct sock_fprog){.len = used, .filter = code};
}

/* Enters it; returns 0 or -1. */
static inline int sandbox_enter(const uint32_t *numbers, size_t count,
                                uint32_t verdict)
{
    struct sandbox sandbox;

    sandbox_make(&sandbox, numbers, count, verdict, SECCOMP_RET_ALLOW);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &sandbox.program, 0, 0);
}

#endif
