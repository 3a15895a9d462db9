/* A small classic-BPF machine, as the kernel runs it. Context: any. */
#include "handler/interpose/sandbox_filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "proto/base/compiler.h"

struct machine {
    uint32_t a, x;
    uint32_t memory[BPF_MEMWORDS];
    const struct seccomp_data *data;
    bool bad; /* the kernel would have refused the program */
};

static uint32_t load_data(struct machine *machine, uint32_t offset)
{
    uint32_t word = 0;

    if (offset % sizeof word != 0 ||
        offset > sizeof *machine->data - sizeof word) {
        machine->bad = true;
        return 0;
    }
    memcpy(&word, (const uint8_t *)machine->data + offset, sizeof word);
    return word;
}

static uint32_t load_memory(struct machine *machine, uint32_t index)
{
    if (index >= BPF_MEMWORDS) {
        machine->bad = true;
        return 0;
    }
    return machine->memory[index];
}

static void store(struct machine *machine, uint32_t index, uint32_t value)
{
    if (index >= BPF_MEMWORDS) {
        machine->bad = true;
    } else {
        machine->memory[index] = value;
    }
}

static uint32_t load(struct machine *machine, const struct sock_filter *line)
{
    switch (BPF_MODE(line->code)) {
    case BPF_IMM:
        return line->k;
    case BPF_ABS:
        return load_data(machine, line->k);
    case BPF_MEM:
        return load_memory(machine, line->k);
    case BPF_LEN:
        return sizeof *machine->data;
    default:
        machine->bad = true;
        return 0;
    }
}

static uint32_t divide(struct machine *machine, uint32_t by)
{
    if (by == 0) {
        machine->bad = true;
        return 0;
    }
    return machine->a / by;
}

static uint32_t calculate(struct machine *machine,
                          const struct sock_filter *line)
{
    uint32_t operand = BPF_SRC(line->code) == BPF_X ? machine->x : line->k;

    switch (BPF_OP(line->code)) {
    case BPF_ADD:
        return machine->a + operand;
    case BPF_SUB:
        return machine->a - operand;
    case BPF_MUL:
        return machine->a * operand;
    case BPF_DIV:
        return divide(machine, operand);
    case BPF_AND:
        return machine->a & operand;
    case BPF_OR:
        return machine->a | operand;
    case BPF_XOR:
        return machine->a ^ operand;
    case BPF_LSH:
        return machine->a << (operand & 31); /* as the kernel's machine */
    case BPF_RSH:
        return machine->a >> (operand & 31);
    case BPF_NEG:
        return 0u - machine->a;
    default:
        machine->bad = true;
        return 0;
    }
}

/* How many instructions to leave out behind the jump. */
static uint32_t jump(struct machine *machine, const struct sock_filter *line)
{
    uint32_t operand = BPF_SRC(line->code) == BPF_X ? machine->x : line->k;
    bool holds = false;

    switch (BPF_OP(line->code)) {
    case BPF_JA:
        return line->k;
    case BPF_JEQ:
        holds = machine->a == operand;
        break;
    case BPF_JGT:
        holds = machine->a > operand;
        break;
    case BPF_JGE:
        holds = machine->a >= operand;
        break;
    case BPF_JSET:
        holds = (machine->a & operand) != 0;
        break;
    default:
        machine->bad = true;
        break;
    }
    return holds ? line->jt : line->jf;
}

static void transfer(struct machine *machine, uint16_t code)
{
    if (BPF_MISCOP(code) == BPF_TAX) {
        machine->x = machine->a;
    } else {
        machine->a = machine->x;
    }
}

/* One instruction that is neither jump nor return. */
static void execute(struct machine *machine, const struct sock_filter *line)
{
    switch (BPF_CLASS(line->code)) {
    case BPF_LD:
        machine->a = load(machine, line);
        break;
    case BPF_LDX:
        machine->x = load(machine, line);
        break;
    case BPF_ST:
        store(machine, line->k, machine->a);
        break;
    case BPF_STX:
        store(machine, line->k, machine->x);
        break;
    case BPF_ALU:
        machine->a = calculate(machine, line);
        break;
    default:
        transfer(machine, line->code);
        break;
    }
}

uint32_t sandbox_filter_run(const struct sock_fprog *program,
                            const struct seccomp_data *data)
{
    struct machine machine = {.data = data};
    uint64_t next = 0;

    for (int steps = 0; steps < SANDBOX_STEPS_MAX; steps++) {
        if (next >= program->len || machine.bad)
            break;
        const struct sock_filter *line = &program->filter[next++];
        if (BPF_CLASS(line->code) == BPF_RET)
            return BPF_RVAL(line->code) == BPF_A ? machine.a : line->k;
        if (BPF_CLASS(line->code) == BPF_JMP) {
            next += jump(&machine, line);
        } else {
            execute(&machine, line);
        }
    }
    return SECCOMP_RET_KILL_PROCESS;
}

/* A system call of ours, with what a filter may look at. */
struct call {
    int number;
    uint64_t arguments[3];
};

static bool is_spared(const struct sock_fprog *program, const struct call *call)
{
    struct seccomp_data data = {.nr = call->number, .arch = AUDIT_ARCH_X86_64};

    for (size_t i = 0; i < ARRAY_LENGTH(call->arguments); i++)
        data.args[i] = call->arguments[i];
    switch (sandbox_filter_run(program, &data) & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_ERRNO:
    case SECCOMP_RET_LOG:
        return true;
    default:
        return false;
    }
}

static bool are_spared(const struct sock_fprog *program,
                       const struct call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_spared(program, &calls[i]))
            return false;
    }
    return true;
}

bool sandbox_filter_spares_crash(const struct sock_fprog *program)
{
    static const struct call calls[] = {
        {SYS_getpid, {0}},
        {SYS_getuid, {0}},
        {SYS_gettid, {0}},
        {SYS_clock_gettime, {CLOCK_BOOTTIME}},
        {SYS_clock_gettime, {CLOCK_REALTIME}},
        {SYS_clock_gettime, {CLOCK_MONOTONIC}},
        {SYS_prctl, {PR_GET_NAME}},
        {SYS_openat, {(uint64_t)AT_FDCWD, 0, O_RDONLY | O_CLOEXEC}},
        {SYS_read, {0}},
        {SYS_close, {0}},
        {SYS_futex, {0, FUTEX_WAKE | FUTEX_PRIVATE_FLAG}},
        {SYS_rt_sigaction, {SIGSEGV}},
        {SYS_rt_sigprocmask, {SIG_BLOCK}},
        {SYS_rt_tgsigqueueinfo, {0}},
        {SYS_rt_sigreturn, {0}},
    };

    return are_spared(program, calls, ARRAY_LENGTH(calls));
}

bool sandbox_filter_may_end_thread(const struct sock_fprog *program)
{
    for (unsigned i = 0; i < program->len; i++) {
        const struct sock_filter *line = &program->filter[i];
        if (BPF_CLASS(line->code) != BPF_RET)
            continue;
        if (BPF_RVAL(line->code) == BPF_A ||
            (line->k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_KILL_THREAD)
            return true;
    }
    return false;
}

bool sandbox_filter_spares_getpid(const struct sock_fprog *program)
{
    const struct call getpid = {SYS_getpid, {0}};

    return is_spared(program, &getpid);
}

bool sandbox_filter_spares_unlink(const struct sock_fprog *program)
{
    const struct call unlink = {SYS_unlinkat, {(uint64_t)AT_FDCWD}};

    return is_spared(program, &unlink);
}
