/* The signal in words. Context: tool. */
#include "handler/dumper/cause.h"

#include <fcntl.h>
#include <string.h>
#include <ucontext.h>

#include "proto/base/io.h"

#define TRAP_STACK      12 /* Intel SDM volume 3, 6.15 */
#define TRAP_PROTECTION 13
#define TRAP_PAGE_FAULT 14
#define CONTROL_CODE    10   /* SEGV_CPERR, which glibc has not */
#define ERROR_WRITE     0x02 /* bits of the page-fault error code */
#define ERROR_FETCH     0x10
#define CANONICAL_TOP   0x00007fffffffffffull
#define COMM_BYTES      64

bool cause_has_address(const siginfo_t *info)
{
    if (info->si_code <= 0 || info->si_code == SI_KERNEL)
        return false;
    /* Here the kernel has none, and says 0 (do_trap in arch/x86/kernel/traps.c,
     * do_user_cp_fault in cet.c). */
    if ((info->si_signo == SIGBUS && info->si_code == BUS_ADRALN &&
         !info->si_addr) ||
        (info->si_signo == SIGSEGV && info->si_code == CONTROL_CODE))
        return false;
    return info->si_signo == SIGSEGV || info->si_signo == SIGBUS ||
           info->si_signo == SIGFPE || info->si_signo == SIGILL ||
           info->si_signo == SIGTRAP;
}

Inquest__V1__Access cause_access(const struct box_crash *crash)
{
    uint64_t error = crash->gregs[REG_ERR];
    siginfo_t info;

    memcpy(&info, crash->siginfo, sizeof info);
    /* Of another signal both are those of the thread's last fault. */
    if (!cause_has_address(&info) ||
        (info.si_signo != SIGSEGV && info.si_signo != SIGBUS) ||
        crash->gregs[REG_TRAPNO] != TRAP_PAGE_FAULT)
        return INQUEST__V1__ACCESS__ACCESS_UNSPECIFIED;
    if (error & ERROR_FETCH)
        return INQUEST__V1__ACCESS__EXECUTE;
    return error & ERROR_WRITE ? INQUEST__V1__ACCESS__WRITE
                               : INQUEST__V1__ACCESS__READ;
}

static bool code_is(struct target *target, uint64_t address, const void *code,
                    size_t size_bytes)
{
    uint8_t found[4];

    return size_bytes <= sizeof found &&
           target_read(target, address, found, size_bytes) == size_bytes &&
           memcmp(found, code, size_bytes) == 0;
}

/* The instruction behind pc, when it was a breakpoint or a system call. */
static size_t bytes_left_behind(struct target *target,
                                const struct box_crash *crash)
{
    static const uint8_t int3[] = {0xcc};
    static const uint8_t syscall[] = {0x0f, 0x05};
    uint64_t pc = crash->gregs[REG_RIP];
    siginfo_t info;

    memcpy(&info, crash->siginfo, sizeof info);
    if (info.si_code <= 0)
        return 0;
    if (info.si_signo == SIGTRAP && info.si_code == SI_KERNEL &&
        code_is(target, pc - sizeof int3, int3, sizeof int3))
        return sizeof int3;
    if (info.si_signo == SIGSYS &&
        code_is(target, pc - sizeof syscall, syscall, sizeof syscall))
        return sizeof syscall;
    return 0;
}

uint64_t cause_instruction(struct target *target, const struct box_crash *crash)
{
    return crash->gregs[REG_RIP] - bytes_left_behind(target, crash);
}

/* Intel SDM volume 2: instructions of ring 0 that begin so. */
static bool is_privileged(struct target *target, uint64_t pc)
{
    static const uint8_t one[] = {0xf4, 0xfa, 0xfb, 0xe4, 0xe5,
                                  0xe6, 0xe7, 0xec, 0xed, 0xee,
                                  0xef, 0x6c, 0x6d, 0x6e, 0x6f};
    static const uint8_t two[] = {0x06, 0x08, 0x09, 0x20, 0x21,
                                  0x22, 0x23, 0x30, 0x32}; /* behind 0x0f */
    uint8_t code[2];

    if (target_read(target, pc, code, sizeof code) != sizeof code)
        return false;
    if (code[0] == 0x0f)
        return memchr(two, code[1], sizeof two) != NULL;
    return memchr(one, code[0], sizeof one) != NULL;
}

/* A register that may be the pointer; 0: none. */
static uint64_t crooked_register(const struct box_crash *crash)
{
    for (int i = 0; i < REG_RIP; i++) {
        if (crash->gregs[i] > CANONICAL_TOP && ~crash->gregs[i] > CANONICAL_TOP)
            return crash->gregs[i];
    }
    return 0;
}

static void protection_sentence(struct target *target,
                                const struct box_crash *crash,
                                struct text *sentence)
{
    uint64_t crooked = crooked_register(crash);

    if (is_privileged(target, crash->gregs[REG_RIP])) {
        text_append(sentence, "privileged instruction: only the kernel may "
                              "execute it");
    } else if (crooked) { /* a register may as well hold any number */
        text_append(sentence,
                    "general protection fault, perhaps by a non-canonical "
                    "pointer:");
        cause_append_address(sentence, crooked);
    } else {
        text_append(sentence, "general protection fault: a non-canonical or "
                              "misaligned address, or a forbidden instruction");
    }
}

/* SIGSEGV that comes without an address. */
static void unaddressed_sentence(struct target *target,
                                 const struct box_crash *crash,
                                 const siginfo_t *info, struct text *sentence)
{
    if (info->si_code == CONTROL_CODE) {
        text_append(sentence,
                    "control protection: a return address or the target of a "
                    "jump is not what the processor expects");
    } else if (crash->gregs[REG_TRAPNO] == TRAP_PROTECTION) {
        protection_sentence(target, crash, sentence);
    } else { /* force_sigsegv, bad frames of sigreturn, rseq */
        text_append(sentence, "ended by the kernel: perhaps the frame of a "
                              "signal did not fit on the stack, or was damaged "
                              "there");
    }
}

/* Why no page came: of several reasons the kernel does not say which. */
static void no_page_sentence(const struct target_mapping *mapping,
                             struct text *sentence)
{
    static const char huge[] = "/anon_hugepage";
    const char *path = mapping ? mapping->path : "";

    if (strncmp(path, huge, strlen(huge)) == 0) {
        text_append(sentence, "no huge page was free, at");
        return;
    }
    text_append(sentence, "access beyond the end of a mapped file");
    if (*path) {
        text_append(sentence, ", ");
        text_append(sentence, path);
    }
    text_append(sentence, ", or to a page that could not be had, at");
}

static void bus_sentence(const struct target *target, const siginfo_t *info,
                         struct text *sentence)
{
    uint64_t address = (uint64_t)info->si_addr;

    switch (info->si_code) {
    case BUS_ADRALN:
        text_append(sentence, "misaligned access");
        if (!cause_has_address(info))
            return;
        text_append(sentence, " to");
        break;
    case BUS_MCEERR_AR:
    case BUS_MCEERR_AO:
        text_append(sentence, "broken memory, the processor says, at");
        break;
    default:
        no_page_sentence(target_mapping_at(target, address), sentence);
        break;
    }
    cause_append_address(sentence, address);
}

static const char *arithmetic_words(int code)
{
    switch (code) {
    case FPE_INTDIV:
        return "integer division by zero, or a quotient that is too large";
    case FPE_INTOVF:
        return "integer overflow";
    case FPE_FLTDIV:
        return "floating-point division by zero";
    case FPE_FLTOVF:
        return "floating-point overflow";
    case FPE_FLTUND:
        return "floating-point underflow";
    case FPE_FLTRES:
        return "inexact floating-point result";
    case FPE_FLTINV:
        return "invalid floating-point operation";
    default:
        return "arithmetic fault";
    }
}

static void illegal_sentence(struct target *target,
                             const struct box_crash *crash,
                             struct text *sentence)
{
    static const struct {
        uint8_t code[3];
        size_t size_bytes;
        const char *name;
    } traps[] = {
        {{0x0f, 0x0b}, 2, "ud2"},
        {{0x0f, 0xb9}, 2, "ud1"},
        {{0x67, 0x0f, 0xb9}, 3, "ud1"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(traps); i++) {
        if (!code_is(target, crash->gregs[REG_RIP], traps[i].code,
                     traps[i].size_bytes))
            continue;
        text_append(sentence, "trap instruction (");
        text_append(sentence, traps[i].name);
        text_append(sentence, "): the compiler puts it where the program must "
                              "not arrive");
        return;
    }
    text_append(sentence, "instruction that the processor does not know");
}

static const char *trap_words(int code)
{
    switch (code) {
    case SI_KERNEL:
    case TRAP_BRKPT:
        return "breakpoint instruction";
    case TRAP_TRACE:
        return "single step: the program has set the trap flag";
    case TRAP_HWBKPT:
        return "breakpoint of the processor";
    default:
        return "trap";
    }
}

/* " (name)" of a process that is still there. */
static void append_process_name(int pid, struct text *sentence)
{
    char path_bytes[32];
    char name[COMM_BYTES];
    struct text path = text_init(path_bytes, sizeof path_bytes);
    size_t size = 0;

    text_append(&path, "/proc/");
    text_append_i64(&path, pid);
    text_append(&path, "/comm");
    if (io_read_text(AT_FDCWD, path_bytes, name, sizeof name, &size) < 0 ||
        size == 0)
        return;
    text_append(sentence, " (");
    text_append_bytes(sentence, name, strcspn(name, "\n"));
    text_append(sentence, ")");
}

/* live: the numbers mean now what they meant then. */
static void sent_sentence(const struct box_crash *crash, const siginfo_t *info,
                          bool live, struct text *sentence)
{
    if (info->si_pid == crash->pid) {
        text_append(sentence, "sent by the program itself");
        return;
    }
    if (info->si_pid == 0) {
        text_append(sentence, "sent from outside of its pid namespace");
        /* collect_signal in kernel/signal.c: with RLIMIT_SIGPENDING used up
         * even one's own comes so. */
        if (info->si_uid == 0) {
            text_append(sentence,
                        ", or the kernel had no room for who sent it");
        }
        return;
    }
    text_append(sentence, "sent by process ");
    text_append_i64(sentence, info->si_pid);
    if (live)
        append_process_name(info->si_pid, sentence);
    text_append(sentence, " of user ");
    text_append_u64(sentence, info->si_uid);
}

static const char *raised_words(const siginfo_t *info)
{
    switch (info->si_code) {
    case SI_TIMER:
        return "sent by a timer of the program";
    case SI_TKILL:
        return info->si_signo == SIGABRT
                   ? "the program ended itself: abort(), raise() or "
                     "pthread_kill()"
                   : "the program ended itself: raise() or pthread_kill()";
    case SI_MESGQ:
    case SI_ASYNCIO:
    case SI_SIGIO:
        return "a notification that the program had asked for";
    default:
        return info->si_code > 0 ? "sent by the kernel"
                                 : "sent with a code that is not known";
    }
}

/* si_code is above 0: the processor or the kernel. */
static void fault_sentence(struct target *target, const struct box_crash *crash,
                           const siginfo_t *info, struct text *sentence)
{
    switch (info->si_signo) {
    case SIGSEGV:
        if (cause_has_address(info)) {
            cause_memory_sentence(target, crash, (uint64_t)info->si_addr,
                                  sentence);
        } else {
            unaddressed_sentence(target, crash, info, sentence);
        }
        break;
    case SIGBUS:
        if (info->si_code != SI_KERNEL) {
            bus_sentence(target, info, sentence);
        } else if (crash->gregs[REG_TRAPNO] == TRAP_STACK) {
            text_append(sentence, "the stack pointer is invalid:");
            cause_append_address(sentence, crash->gregs[REG_RSP]);
        } else {
            text_append(sentence, "bus error");
        }
        break;
    case SIGFPE:
        text_append(sentence, arithmetic_words(info->si_code));
        break;
    case SIGILL:
        illegal_sentence(target, crash, sentence);
        break;
    case SIGTRAP:
        text_append(sentence, trap_words(info->si_code));
        break;
    case SIGSYS:
        text_append(sentence, "system call ");
        text_append_i64(sentence, info->si_syscall);
        text_append(sentence, " refused by a seccomp filter");
        break;
    default:
        text_append(sentence, raised_words(info));
        break;
    }
}

void cause_sentence(struct target *target, const struct box_crash *crash,
                    struct text *sentence)
{
    siginfo_t info;

    memcpy(&info, crash->siginfo, sizeof info);
    if (crash->abort_message[0] && info.si_signo == SIGABRT) {
        text_append_bytes(sentence, crash->abort_message,
                          strcspn(crash->abort_message, "\n"));
        return;
    }
    if (info.si_code == SI_USER || info.si_code == SI_QUEUE ||
        (info.si_code == SI_TKILL && info.si_pid != crash->pid)) {
        sent_sentence(crash, &info, target->box == NULL, sentence);
        return;
    }
    if (info.si_code <= 0) {
        text_append(sentence, raised_words(&info));
        return;
    }
    fault_sentence(target, crash, &info, sentence);
}
