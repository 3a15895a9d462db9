/* Signals in words. Context: tool. */
#include "handler/dumper/cause.h"

#include <string.h>
#include <ucontext.h>

#define TRAP_PAGE_FAULT 14   /* Intel SDM volume 3, 6.15 */
#define ERROR_WRITE     0x02 /* bits of the page-fault error code */
#define ERROR_FETCH     0x10
#define NULL_PAGE_BYTES 4096u
#define OVERFLOW_BYTES  65536u /* fault this near the stack pointer */
#define CANONICAL_TOP   0x00007fffffffffffull

static const struct {
    int number;
    const char *name;
} signals[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
    {SIGILL, "SIGILL"},   {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"},
    {SIGSYS, "SIGSYS"},   {SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"},
    {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"},
};

static const struct {
    int number; /* 0: any signal */
    int code;
    const char *name;
} codes[] = {
    {SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR"},
    {SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR"},
    {SIGSEGV, SEGV_PKUERR, "SEGV_PKUERR"},
    {SIGBUS, BUS_ADRALN, "BUS_ADRALN"},
    {SIGBUS, BUS_ADRERR, "BUS_ADRERR"},
    {SIGBUS, BUS_OBJERR, "BUS_OBJERR"},
    {SIGBUS, BUS_MCEERR_AR, "BUS_MCEERR_AR"},
    {SIGFPE, FPE_INTDIV, "FPE_INTDIV"},
    {SIGFPE, FPE_INTOVF, "FPE_INTOVF"},
    {SIGFPE, FPE_FLTDIV, "FPE_FLTDIV"},
    {SIGFPE, FPE_FLTOVF, "FPE_FLTOVF"},
    {SIGFPE, FPE_FLTUND, "FPE_FLTUND"},
    {SIGFPE, FPE_FLTRES, "FPE_FLTRES"},
    {SIGFPE, FPE_FLTINV, "FPE_FLTINV"},
    {SIGFPE, FPE_FLTSUB, "FPE_FLTSUB"},
    {SIGILL, ILL_ILLOPC, "ILL_ILLOPC"},
    {SIGILL, ILL_ILLOPN, "ILL_ILLOPN"},
    {SIGILL, ILL_ILLADR, "ILL_ILLADR"},
    {SIGILL, ILL_PRVOPC, "ILL_PRVOPC"},
    {SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT"},
    {SIGTRAP, TRAP_TRACE, "TRAP_TRACE"},
    {SIGSYS, 1, "SYS_SECCOMP"},
    {0, SI_USER, "SI_USER"},
    {0, SI_KERNEL, "SI_KERNEL"},
    {0, SI_QUEUE, "SI_QUEUE"},
    {0, SI_TKILL, "SI_TKILL"},
    {0, SI_TIMER, "SI_TIMER"},
};

const char *cause_signal_name(int number)
{
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
        if (signals[i].number == number)
            return signals[i].name;
    }
    return "unknown signal";
}

const char *cause_code_name(int number, int code)
{
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        if ((codes[i].number == 0 || codes[i].number == number) &&
            codes[i].code == code)
            return codes[i].name;
    }
    return NULL;
}

bool cause_has_address(const siginfo_t *info)
{
    if (info->si_code <= 0 || info->si_code == SI_KERNEL)
        return false;
    return info->si_signo == SIGSEGV || info->si_signo == SIGBUS ||
           info->si_signo == SIGFPE || info->si_signo == SIGILL ||
           info->si_signo == SIGTRAP;
}

Inquest__V1__Access cause_access(const struct box_crash *crash)
{
    uint64_t error = crash->gregs[REG_ERR];

    if (crash->gregs[REG_TRAPNO] != TRAP_PAGE_FAULT)
        return INQUEST__V1__ACCESS__ACCESS_UNSPECIFIED;
    if (error & ERROR_FETCH)
        return INQUEST__V1__ACCESS__EXECUTE;
    return error & ERROR_WRITE ? INQUEST__V1__ACCESS__WRITE
                               : INQUEST__V1__ACCESS__READ;
}

static const char *access_word(Inquest__V1__Access access)
{
    switch (access) {
    case INQUEST__V1__ACCESS__WRITE:
        return "write to";
    case INQUEST__V1__ACCESS__EXECUTE:
        return "jump to";
    default:
        return "read of";
    }
}

static void append_address(struct text *sentence, uint64_t address)
{
    text_append(sentence, " 0x");
    text_append_hex(sentence, address, 1);
}

static bool near_stack_pointer(const struct box_crash *crash, uint64_t address)
{
    uint64_t stack_pointer = crash->gregs[REG_RSP];
    uint64_t distance = address > stack_pointer ? address - stack_pointer
                                                : stack_pointer - address;
    return distance < OVERFLOW_BYTES;
}

static void memory_sentence(const struct target *target,
                            const struct box_crash *crash, uint64_t address,
                            struct text *sentence)
{
    Inquest__V1__Access access = cause_access(crash);
    const struct target_mapping *mapping = target_mapping_at(target, address);
    const struct target_mapping *stack =
        target_mapping_at(target, crash->gregs[REG_RSP]);

    if (address < NULL_PAGE_BYTES) {
        text_append(sentence, "null pointer dereference: ");
    } else if (near_stack_pointer(crash, address) &&
               (!mapping || !mapping->writable || !stack || !stack->writable)) {
        text_append(sentence, "stack overflow: ");
    } else if (!mapping) {
        text_append(sentence, "memory that is not mapped: ");
    } else if (access == INQUEST__V1__ACCESS__WRITE && !mapping->writable) {
        text_append(sentence, "memory that is read-only: ");
    } else if (access == INQUEST__V1__ACCESS__EXECUTE && !mapping->executable) {
        text_append(sentence, "memory that is not executable: ");
    }
    text_append(sentence, access_word(access));
    append_address(sentence, address);
}

static void segv_sentence(const struct target *target,
                          const struct box_crash *crash, const siginfo_t *info,
                          struct text *sentence)
{
    if (cause_has_address(info)) {
        memory_sentence(target, crash, (uint64_t)info->si_addr, sentence);
        return;
    }
    for (int i = 0; i < REG_RIP; i++) {
        if (crash->gregs[i] > CANONICAL_TOP &&
            ~crash->gregs[i] > CANONICAL_TOP) {
            text_append(sentence, "access through a non-canonical pointer, "
                                  "perhaps");
            append_address(sentence, crash->gregs[i]);
            return;
        }
    }
    text_append(sentence, "general protection fault");
}

static void sent_sentence(const siginfo_t *info, struct text *sentence)
{
    text_append(sentence, "sent by process ");
    text_append_i64(sentence, info->si_pid);
    text_append(sentence, " of user ");
    text_append_u64(sentence, info->si_uid);
}

void cause_sentence(const struct target *target, const struct box_crash *crash,
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
        sent_sentence(&info, sentence);
        return;
    }
    switch (info.si_signo) {
    case SIGSEGV:
        segv_sentence(target, crash, &info, sentence);
        break;
    case SIGBUS:
        text_append(sentence, "access beyond the end of a mapped file at");
        append_address(sentence, (uint64_t)info.si_addr);
        break;
    case SIGFPE:
        text_append(sentence, info.si_code == FPE_INTDIV
                                  ? "integer division by zero"
                                  : "arithmetic fault");
        break;
    case SIGILL:
        text_append(sentence, "instruction that the processor does not know");
        break;
    case SIGTRAP:
        text_append(sentence, "breakpoint instruction");
        break;
    case SIGSYS:
        text_append(sentence, "system call ");
        text_append_i64(sentence, info.si_syscall);
        text_append(sentence, " refused by a seccomp filter");
        break;
    default:
        text_append(sentence, "the program ended itself: abort() or raise()");
        break;
    }
}
