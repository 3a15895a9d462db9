/*
 * The sentence of every kind of signal, of a dead process whose memory and
 * registers are made by hand. Context: tool.
 */
#include "tests/unit/support.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ucontext.h>

#include "handler/dumper/cause.h"
#include "tests/unit/dead.h"

#define READ    4u /* error codes of a page fault from user mode */
#define WRITE   6u
#define EXECUTE 0x14u
#define FAULT   14 /* trap numbers */
#define STACK   12
#define OTHER   13

/* Offsets of what is mapped. */
#define GUARD      0x1000u
#define STACK_LOW  0x2000u
#define CODE       0x4000u
#define WRITE_ONLY 0x5000u
#define DATA       0x6000u
#define DATA_END   0x7000u
#define TOP_GUARD  0x7800u
#define EXECUTABLE 0x7900u /* and nothing else */
#define TOP        0x8000u
#define GAP        0x200000ull /* too far below to be this stack's */
#define KERNEL     0xffff888000000000u
#define CROOKED    0x1234000000000000u /* no pointer can be so */

/* Instructions, and where they lie in CODE. */
static const struct {
    size_t at;
    uint8_t bytes[4];
} instructions[] = {
    {0x10, {0xf4}},       /* hlt */
    {0x20, {0x0f, 0x30}}, /* wrmsr */
    {0x30, {0x0f, 0xa2}}, /* cpuid: anybody's */
    {0x40, {0x0f, 0x0b}}, /* ud2 */
    {0x50, {0x90, 0x90}}, /* nop */
    {0x60, {0xcc}},       /* int3 */
    {0x70, {0x0f, 0x05}}, /* syscall */
    {0x80, {0x0f, 0xb9}}, /* ud1 */
    {0x90, {0x67, 0x0f, 0xb9, 0x40}},
};

struct scene {
    const char *sentence; /* @: address */
    int number, code;
    uint64_t address; /* of siginfo, below 2^20 an offset; pid, or call */
    int trap;
    unsigned error;
    uint64_t stack_pointer; /* 0: in the middle of the stack */
    uint64_t pc;            /* 0: a nop */
    int behind;             /* how far the instruction lies before pc */
};

#define NULL_AT 0x10u /* an address itself, being below the base */

static const struct scene scenes[] = {
    {"null pointer dereference: read of @", SIGSEGV, SEGV_MAPERR, NULL_AT,
     FAULT, READ, 0, 0, 0},
    {"null pointer dereference: write to @", SIGSEGV, SEGV_MAPERR, NULL_AT,
     FAULT, WRITE, 0, 0, 0},
    {"null pointer called as a function: jump to @", SIGSEGV, SEGV_MAPERR,
     NULL_AT, FAULT, EXECUTE, 0, 0, 0},
    {"null pointer dereference: access to @", SIGSEGV, SEGV_MAPERR, NULL_AT, 0,
     0, 0, 0, 0},
    {"memory that is not mapped: read of @", SIGSEGV, SEGV_MAPERR, 0xf0000,
     FAULT, READ, 0, 0, 0},
    {"an address of the kernel: read of @", SIGSEGV, SEGV_MAPERR, KERNEL, FAULT,
     READ, 0, 0, 0},
    {"memory that nobody may touch (a guard, or PROT_NONE): write to @",
     SIGSEGV, SEGV_ACCERR, TOP_GUARD + 8, FAULT, WRITE, 0, 0, 0},
    {"memory that is not executable: jump to @", SIGSEGV, SEGV_ACCERR, DATA,
     FAULT, EXECUTE, 0, 0, 0},
    {"memory that is read-only: write to @", SIGSEGV, SEGV_ACCERR, CODE, FAULT,
     WRITE, 0, 0, 0},
    {"memory that may not be read: read of @", SIGSEGV, SEGV_ACCERR, WRITE_ONLY,
     FAULT, READ, 0, 0, 0},
    {"memory that allows it by now: read of @", SIGSEGV, SEGV_ACCERR, DATA,
     FAULT, READ, 0, 0, 0},
    {"memory that allows it by now: write to @", SIGSEGV, SEGV_ACCERR, DATA,
     FAULT, WRITE, 0, 0, 0},
    {"memory that allows it by now: jump to @", SIGSEGV, SEGV_ACCERR, CODE,
     FAULT, EXECUTE, 0, 0, 0},
    {"memory that may not be read: read of @", SIGSEGV, SEGV_ACCERR, EXECUTABLE,
     FAULT, READ, 0, 0, 0},
    {"memory that a protection key closes: read of @", SIGSEGV, SEGV_PKUERR,
     DATA, FAULT, READ, 0, 0, 0},
    {"stack overflow: write to @", SIGSEGV, SEGV_ACCERR, STACK_LOW - 8, FAULT,
     WRITE, STACK_LOW + 16, 0, 0},
    {"stack overflow: write to @", SIGSEGV, SEGV_ACCERR, STACK_LOW - 64, FAULT,
     WRITE, STACK_LOW - 32, 0, 0},
    {"memory that nobody may touch (a guard, or PROT_NONE): write to @",
     SIGSEGV, SEGV_ACCERR, STACK_LOW - 0x800, FAULT, WRITE, STACK_LOW + 0x1000,
     0, 0}, /* half of the stack is left */
    {"memory that nobody may touch (a guard, or PROT_NONE): jump to @", SIGSEGV,
     SEGV_ACCERR, STACK_LOW - 8, FAULT, EXECUTE, STACK_LOW + 16, 0, 0},
    {"stack overflow: write to @", SIGSEGV, SEGV_ACCERR, STACK_LOW - 0x800,
     FAULT, WRITE, STACK_LOW + 0x200, 0, 0}, /* probed ahead */
    {"stack overflow: write to @", SIGSEGV, SEGV_MAPERR, STACK_LOW + 0x800,
     FAULT, WRITE, STACK_LOW + 0x810, 0, 0}, /* a guard without a mapping */
    {"memory that allows it by now: write to @", SIGSEGV, SEGV_MAPERR, DATA,
     FAULT, WRITE, STACK_LOW + 0x810, 0, 0}, /* of another stack, perhaps */
    {"memory that is not mapped: read of @", SIGSEGV, SEGV_MAPERR,
     0x0000f00000000000, FAULT, READ, 0, 0, 0}, /* with 5 levels of pages */
    {"the stack pointer is invalid: write to @", SIGSEGV, SEGV_MAPERR, -GAP - 8,
     FAULT, WRITE, -GAP, 0, 0},
    {"the stack pointer is invalid: write to @", SIGSEGV, SEGV_MAPERR,
     DATA_END + 8, FAULT, WRITE, DATA_END + 16, 0, 0},
    {"the stack pointer is invalid: write to @", SIGSEGV, SEGV_ACCERR, CODE + 8,
     FAULT, WRITE, CODE + 16, 0, 0},
    {"privileged instruction: only the kernel may execute it", SIGSEGV,
     SI_KERNEL, 0, OTHER, 0, 0, CODE + 0x10, 0},
    {"privileged instruction: only the kernel may execute it", SIGSEGV,
     SI_KERNEL, 0, OTHER, 0, 0, CODE + 0x20, 0},
    {"general protection fault: a non-canonical or misaligned address, or a "
     "forbidden instruction",
     SIGSEGV, SI_KERNEL, 0, OTHER, 0, 0, CODE + 0x30, 0},
    {"general protection fault: a non-canonical or misaligned address, or a "
     "forbidden instruction",
     SIGSEGV, SI_KERNEL, 0, OTHER, 0, 0, 0xf0000, 0},
    {"general protection fault, perhaps by a non-canonical pointer: "
     "0x1234000000000000",
     SIGSEGV, SI_KERNEL, CROOKED, OTHER, 0, 0, 0, 0},
    {"ended by the kernel: perhaps the frame of a signal did not fit on the "
     "stack, or was damaged there",
     SIGSEGV, SI_KERNEL, 0, FAULT, 0, 0, CODE + 0x10, 0},
    {"control protection: a return address or the target of a jump is not what "
     "the processor expects",
     SIGSEGV, 10, 0, 21, 0, 0, 0, 0},
    {"misaligned access", SIGBUS, BUS_ADRALN, 0, 17, 0, 0, 0, 0},
    {"misaligned access to @", SIGBUS, BUS_ADRALN, DATA, 0, 0, 0, 0, 0},
    {"broken memory, the processor says, at @", SIGBUS, BUS_MCEERR_AR, DATA, 0,
     0, 0, 0, 0},
    {"broken memory, the processor says, at @", SIGBUS, BUS_MCEERR_AO, DATA, 0,
     0, 0, 0, 0},
    {"access beyond the end of a mapped file, /opt/app/data, or to a page that "
     "could not be had, at @",
     SIGBUS, BUS_ADRERR, DATA, 0, 0, 0, 0, 0},
    {"access beyond the end of a mapped file, or to a page that could not be "
     "had, at @",
     SIGBUS, BUS_ADRERR, STACK_LOW, 0, 0, 0, 0, 0},
    {"access beyond the end of a mapped file, or to a page that could not be "
     "had, at @",
     SIGBUS, BUS_OBJERR, 0xf0000, 0, 0, 0, 0, 0},
    {"the stack pointer is invalid: 0x1234000000000000", SIGBUS, SI_KERNEL, 0,
     STACK, 0, CROOKED, 0, 0},
    {"bus error", SIGBUS, SI_KERNEL, 0, OTHER, 0, 0, 0, 0},
    {"integer division by zero, or a quotient that is too large", SIGFPE,
     FPE_INTDIV, CODE, 0, 0, 0, 0, 0},
    {"integer overflow", SIGFPE, FPE_INTOVF, CODE, 0, 0, 0, 0, 0},
    {"floating-point division by zero", SIGFPE, FPE_FLTDIV, CODE, 0, 0, 0, 0,
     0},
    {"floating-point overflow", SIGFPE, FPE_FLTOVF, CODE, 0, 0, 0, 0, 0},
    {"floating-point underflow", SIGFPE, FPE_FLTUND, CODE, 0, 0, 0, 0, 0},
    {"inexact floating-point result", SIGFPE, FPE_FLTRES, CODE, 0, 0, 0, 0, 0},
    {"invalid floating-point operation", SIGFPE, FPE_FLTINV, CODE, 0, 0, 0, 0,
     0},
    {"arithmetic fault", SIGFPE, FPE_FLTSUB, CODE, 0, 0, 0, 0, 0},
    {"trap instruction (ud2): the compiler puts it where the program must not "
     "arrive",
     SIGILL, ILL_ILLOPN, CODE, 0, 0, 0, CODE + 0x40, 0},
    {"trap instruction (ud1): the compiler puts it where the program must not "
     "arrive",
     SIGILL, ILL_ILLOPN, CODE, 0, 0, 0, CODE + 0x80, 0},
    {"trap instruction (ud1): the compiler puts it where the program must not "
     "arrive",
     SIGILL, ILL_ILLOPN, CODE, 0, 0, 0, CODE + 0x90, 0},
    {"instruction that the processor does not know", SIGILL, ILL_ILLOPN, CODE,
     0, 0, 0, CODE + 0x50, 0},
    {"instruction that the processor does not know", SIGILL, ILL_ILLOPN, CODE,
     0, 0, 0, 0xf0000, 0},
    {"breakpoint instruction", SIGTRAP, SI_KERNEL, 0, 0, 0, 0, CODE + 0x61, 1},
    {"breakpoint instruction", SIGTRAP, TRAP_BRKPT, CODE, 0, 0, 0, CODE + 0x51,
     0},
    {"single step: the program has set the trap flag", SIGTRAP, TRAP_TRACE,
     CODE, 0, 0, 0, CODE + 0x61, 0},
    {"breakpoint of the processor", SIGTRAP, TRAP_HWBKPT, CODE, 0, 0, 0,
     CODE + 0x61, 0},
    {"trap", SIGTRAP, 6, CODE, 0, 0, 0, CODE + 0x61, 0},
    {"system call 59 refused by a seccomp filter", SIGSYS, 1, 59, 0, 0, 0,
     CODE + 0x72, 2},
    {"system call 59 refused by a seccomp filter", SIGSYS, 1, 59, 0, 0, 0,
     CODE + 0x52, 0},
    {"sent by the kernel", SIGXCPU, SI_KERNEL, 0, 0, 0, 0, 0, 0},
    {"a notification that the program had asked for", SIGSEGV, SI_ASYNCIO, 0, 0,
     0, 0, 0, 0},
    {"sent with a code that is not known", SIGSEGV, -60, 0, 0, 0, 0, 0, 0},
    {"sent by a timer of the program", SIGABRT, SI_TIMER, 0, 0, 0, 0, 0, 0},
    {"the program ended itself: abort(), raise() or pthread_kill()", SIGABRT,
     SI_TKILL, 4711, 0, 0, 0, 0, 0},
    {"the program ended itself: raise() or pthread_kill()", SIGTRAP, SI_TKILL,
     4711, 0, 0, 0, CODE + 0x61, 0},
    {"sent by the program itself", SIGABRT, SI_USER, 4711, 0, 0, 0, 0, 0},
    {"sent by the program itself", SIGABRT, SI_QUEUE, 4711, 0, 0, 0, 0, 0},
    {"sent from outside of its pid namespace", SIGSEGV, SI_USER, 0, 0, 0, 0, 0,
     0},
    {"sent by process 1 of user 12", SIGSEGV, SI_USER, 1, 0, 0, 0, 0, 0},
    {"sent by process 4712 of user 12", SIGABRT, SI_TKILL, 4712, 0, 0, 0, 0, 0},
};

static struct box *make(const char *stack_path)
{
    char file[64];
    struct box *box = dead_begin();

    (void)snprintf(file, sizeof file, "0 0:0 0 %s", stack_path);
    dead_map(GUARD, STACK_LOW, "---p", "0 0:0 0 ");
    dead_map(STACK_LOW, CODE, "rw-p", file);
    dead_map(CODE, WRITE_ONLY, "r-xp", "0 08:01 77 /opt/app/program");
    dead_map(WRITE_ONLY, DATA, "-w-p", "0 0:0 0 ");
    dead_map(DATA, DATA_END, "rw-s", "3000 08:01 78 /opt/app/data");
    dead_map(TOP_GUARD, EXECUTABLE, "---p", "0 0:0 0 ");
    dead_map(EXECUTABLE, TOP, "--xp", "0 0:0 0 ");
    memset(dead_at(CODE), 0x90, 0x100);
    for (size_t i = 0; i < ARRAY_LENGTH(instructions); i++) {
        memcpy(dead_at(CODE + instructions[i].at), instructions[i].bytes,
               sizeof instructions[i].bytes);
    }
    return box;
}

/* Offsets up to 1 MiB, and some below the base, are meant so. */
static uint64_t absolute(uint64_t at)
{
    bool own = at > NULL_AT && (at < 1u << 20 || at > -GAP - 4096);

    return own ? dead_base() + at : at;
}

static void fill(struct box_crash *crash, const struct scene *scene)
{
    siginfo_t info = {.si_signo = scene->number, .si_code = scene->code};

    if (scene->code <= 0) {
        info.si_pid = (pid_t)scene->address;
        info.si_uid = 12;
    } else if (scene->number == SIGSYS) {
        info.si_syscall = (int)scene->address;
    } else {
        info.si_addr = (void *)absolute(scene->address);
    }
    memcpy(crash->siginfo, &info, sizeof info);
    memset(crash->gregs, 0, sizeof crash->gregs);
    crash->gregs[REG_TRAPNO] = (uint64_t)scene->trap;
    crash->gregs[REG_ERR] = scene->error;
    crash->gregs[REG_RSP] = absolute(scene->stack_pointer ? scene->stack_pointer
                                                          : STACK_LOW + 0x1800);
    crash->gregs[REG_RIP] = absolute(scene->pc ? scene->pc : CODE);
    crash->gregs[REG_RBX] = KERNEL; /* canonical */
    if (scene->code == SI_KERNEL && scene->address == CROOKED)
        crash->gregs[REG_RCX] = CROOKED;
}

static void check(struct box *box, struct target *target,
                  const struct scene *scene)
{
    char told[512];
    char wanted[512];
    struct text text = text_init(told, sizeof told);
    size_t before = strcspn(scene->sentence, "@");

    fill(&box->crash, scene);
    cause_sentence(target, &box->crash, &text);
    (void)snprintf(wanted, sizeof wanted, "%.*s", (int)before, scene->sentence);
    if (scene->sentence[before] == '@') {
        (void)snprintf(wanted + before, sizeof wanted - before, "0x%llx",
                       (unsigned long long)absolute(scene->address));
    }
    assert_string_equal(told, wanted);
    assert_int_equal(cause_instruction(target, &box->crash),
                     box->crash.gregs[REG_RIP] - (uint64_t)scene->behind);
}

static void each_signal_has_its_sentence(void **state)
{
    (void)state;
    struct box *box = make("");
    struct target *target = dead_open();
    for (size_t i = 0; i < ARRAY_LENGTH(scenes); i++)
        check(box, target, &scenes[i]);
}

/* As another signal has the thread's last fault, and no address is known. */
static void access_is_that_of_this_fault(void **state)
{
    static const struct {
        int number, code;
        Inquest__V1__Access access;
    } cases[] = {
        {SIGSEGV, SEGV_MAPERR, INQUEST__V1__ACCESS__WRITE},
        {SIGBUS, BUS_ADRERR, INQUEST__V1__ACCESS__WRITE},
        {SIGABRT, SI_TKILL, INQUEST__V1__ACCESS__ACCESS_UNSPECIFIED},
        {SIGSEGV, SI_TKILL, INQUEST__V1__ACCESS__ACCESS_UNSPECIFIED},
        {SIGSEGV, SI_KERNEL, INQUEST__V1__ACCESS__ACCESS_UNSPECIFIED},
        {SIGILL, ILL_ILLOPN, INQUEST__V1__ACCESS__ACCESS_UNSPECIFIED},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct box_crash crash;
        fill(&crash, &(struct scene){"", cases[i].number, cases[i].code, DATA,
                                     FAULT, WRITE, 0, 0, 0});
        assert_int_equal(cause_access(&crash), cases[i].access);
    }
}

static void huge_page_that_is_missing_is_no_end_of_a_file(void **state)
{
    static const struct scene scene = {"no huge page was free, at @",
                                       SIGBUS,
                                       BUS_ADRERR,
                                       STACK_LOW,
                                       0,
                                       0,
                                       0,
                                       0,
                                       0};

    (void)state;
    struct box *box = make("/anon_hugepage (deleted)");
    check(box, dead_open(), &scene);
}

/* With no room for a signal's info the kernel makes one without a sender. */
static void nobody_as_sender_may_be_anybody(void **state)
{
    static const struct scene scene = {"", SIGABRT, SI_USER, 0, 0, 0, 0, 0, 0};
    char told[128];
    struct text text = text_init(told, sizeof told);
    siginfo_t info = {.si_signo = SIGABRT, .si_code = SI_USER};

    (void)state;
    struct box *box = make("");
    struct target *target = dead_open();
    fill(&box->crash, &scene);
    memcpy(box->crash.siginfo, &info, sizeof info);
    cause_sentence(target, &box->crash, &text);
    assert_string_equal(told, "sent from outside of its pid namespace, or the "
                              "kernel had no room for who sent it");
}

/* The main thread's stack grows: far below it is still its overflow. */
static void overflow_of_the_main_stack_may_be_far_below(void **state)
{
    static const struct scene scene = {"stack overflow: write to @",
                                       SIGSEGV,
                                       SEGV_MAPERR,
                                       -GAP - 8,
                                       FAULT,
                                       WRITE,
                                       -GAP,
                                       CODE,
                                       0};

    (void)state;
    struct box *box = make("[stack]");
    check(box, dead_open(), &scene);
}

/* The first line alone; of another signal's it is an old message. */
static void abort_message_is_the_sentence(void **state)
{
    static const struct scene aborted = {"broken", SIGABRT, SI_TKILL, 4711, 0,
                                         0,        0,       CODE,     0};
    static const struct scene fault = {
        "integer overflow", SIGFPE, FPE_INTOVF, CODE, 0, 0, 0, CODE, 0};

    (void)state;
    struct box *box = make("");
    struct target *target = dead_open();
    memcpy(box->crash.abort_message, "broken\nand more", 16);
    check(box, target, &aborted);
    check(box, target, &fault);
}

static void nearest_mapping_is_told(void **state)
{
    static const struct {
        uint64_t at;
        const char *text;
    } places[] = {
        {DATA + 8, "in /opt/app/data (rw-), at 0x3008"},
        {STACK_LOW + 8, "in anonymous memory (rw-), at 0x8"},
        {GUARD - 8, "0x8 below anonymous memory (---)"},
        {DATA_END, "0x0 above /opt/app/data (rw-)"},
        {DATA_END + 0x30, "0x30 above /opt/app/data (rw-)"},
        {TOP_GUARD - 8, "0x8 below anonymous memory (---)"},
        {TOP + 8, "0x8 above anonymous memory (--x)"},
        {NULL_AT, ""},
        {KERNEL, ""},
    };

    (void)state;
    for (size_t with = 0; with < 2; with++) {
        struct box *box = make("");
        if (with == 0)
            box->crash.maps_bytes = 0; /* none is known */
        const struct target *target = dead_open();
        for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
            char told[256] = "";
            struct text text = text_init(told, sizeof told);
            cause_nearest_mapping(target, absolute(places[i].at), &text);
            assert_string_equal(told, with ? places[i].text : "");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_signal_has_its_sentence),
        cmocka_unit_test(access_is_that_of_this_fault),
        cmocka_unit_test(huge_page_that_is_missing_is_no_end_of_a_file),
        cmocka_unit_test(nobody_as_sender_may_be_anybody),
        cmocka_unit_test(overflow_of_the_main_stack_may_be_far_below),
        cmocka_unit_test(abort_message_is_the_sentence),
        cmocka_unit_test(nearest_mapping_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
