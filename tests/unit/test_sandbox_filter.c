/* Our answer for a filter is the kernel's. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handler/interpose/sandbox_filter.h"
#include "proto/base/compiler.h"

#define LINES_MAX 12
#define ROUNDS    400
#define REFUSED   200 /* exit status: the kernel did not take the filter */

static struct sock_fprog program_of(struct sock_filter *lines, size_t count)
{
    return (struct sock_fprog){(unsigned short)count, lines};
}

/* What the kernel answers to getppid under this filter: 0 allowed, the error
 * number, -1 killed; REFUSED. */
static int ask_kernel(const struct sock_fprog *program)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) < 0)
            _exit(REFUSED);
        /* Not _exit(): the leak sanitizer's own would ask the kernel more. */
        syscall(SYS_exit_group, syscall(SYS_getppid, 1, 2, 3) < 0 ? errno : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1; /* killed */
}

static int ask_us(const struct sock_fprog *program)
{
    const struct seccomp_data data = {
        .nr = SYS_getppid, .arch = AUDIT_ARCH_X86_64, .args = {1, 2, 3}};
    uint32_t answer = sandbox_filter_run(program, &data);

    if ((answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
        return (int)(answer & SECCOMP_RET_DATA);
    return answer == SECCOMP_RET_ALLOW ? 0 : -1;
}

static uint32_t draw(uint32_t below)
{
    return (uint32_t)random() % below;
}

/* A line that the kernel takes: words of the data, small jumps ahead. */
static struct sock_filter draw_line(unsigned left)
{
    static const uint16_t operations[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV,
                                          BPF_AND, BPF_OR,  BPF_XOR, BPF_LSH,
                                          BPF_RSH, BPF_NEG};
    static const uint16_t jumps[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET};
    /* Number, architecture, three arguments: not the instruction pointer. */
    static const uint32_t words[] = {0, 4, 16, 20, 24, 28, 32, 36};
    uint16_t source = draw(2) ? BPF_X : BPF_K;

    switch (draw(6)) {
    case 0:
        return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                            words[draw(ARRAY_LENGTH(words))]);
    case 1:
        return (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, draw(300));
    case 2:
        return (struct sock_filter)BPF_STMT(
            BPF_ALU | operations[draw(ARRAY_LENGTH(operations))] | source,
            1 + draw(31));
    case 3:
        return (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0);
    case 4:
        return (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0);
    default:
        return (struct sock_filter)BPF_JUMP(
            BPF_JMP | jumps[draw(ARRAY_LENGTH(jumps))] | source, draw(300),
            (uint8_t)draw(left), (uint8_t)draw(left));
    }
}

static void random_filters_are_answered_as_the_kernel_does(void **state)
{
    struct sock_filter lines[LINES_MAX];
    int taken = 0;

    (void)state;
    srandom(1);
    for (int round = 0; round < ROUNDS; round++) {
        /* The last two: an error with the low byte of A, never allowed; or. */
        unsigned body = LINES_MAX - 4;
        for (unsigned i = 0; i < body; i++)
            lines[i] = draw_line(body - i);
        lines[body] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND, 0x3f);
        lines[body + 1] = (struct sock_filter)BPF_STMT(
            BPF_ALU | BPF_OR, SECCOMP_RET_ERRNO | 0x40);
        /* The child has to end: exit_group passes. */
        lines[body + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
        struct sock_filter guarded[LINES_MAX + 3] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_exit_group, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        for (unsigned i = 0; i < body + 3; i++)
            guarded[3 + i] = lines[i];
        struct sock_fprog program = program_of(guarded, body + 6);
        int kernel = ask_kernel(&program);
        if (kernel == REFUSED)
            continue;
        taken++;
        assert_int_equal(ask_us(&program), kernel);
    }
    assert_true(taken > ROUNDS / 2);
}

static void bad_programs_are_taken_for_deadly(void **state)
{
    struct sock_filter beyond[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_filter endless[] = {BPF_STMT(BPF_LD | BPF_IMM, 0)};
    struct sock_filter far[] = {BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff),
                                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_filter memory[] = {
        BPF_STMT(BPF_ST, BPF_MEMWORDS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog programs[] = {program_of(beyond, 2),
                                    program_of(endless, 1),
                                    program_of(far, 2),
                                    program_of(memory, 2),
                                    {0, NULL}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(programs); i++) {
        assert_int_equal(ask_us(&programs[i]), -1);
        assert_false(sandbox_filter_spares_crash(&programs[i]));
    }
}

static void one_deadly_call_is_enough(void **state)
{
    struct sock_filter lines[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
                                  BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_openat, 0, 1),
                                  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
                                  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = program_of(lines, ARRAY_LENGTH(lines));

    (void)state;
    assert_false(sandbox_filter_spares_crash(&program));
    assert_true(sandbox_filter_spares_getpid(&program));
    lines[2].k = SECCOMP_RET_ERRNO | EPERM;
    assert_true(sandbox_filter_spares_crash(&program));
    lines[2].k = SECCOMP_RET_KILL_THREAD;
    lines[1].k = SYS_process_vm_readv; /* we go without it under a filter */
    assert_true(sandbox_filter_spares_crash(&program));
    lines[1].k = SYS_getpid;
    assert_false(sandbox_filter_spares_getpid(&program));
}

static void what_ends_one_thread_is_seen(void **state)
{
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_openat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = program_of(lines, ARRAY_LENGTH(lines));

    (void)state;
    assert_false(sandbox_filter_may_end_thread(&program));
    lines[2].k = SECCOMP_RET_KILL_THREAD | SECCOMP_RET_DATA;
    assert_true(sandbox_filter_may_end_thread(&program));
    lines[2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
    assert_true(sandbox_filter_may_end_thread(&program));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_filters_are_answered_as_the_kernel_does),
        cmocka_unit_test(bad_programs_are_taken_for_deadly),
        cmocka_unit_test(one_deadly_call_is_enough),
        cmocka_unit_test(what_ends_one_thread_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
