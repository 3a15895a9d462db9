/*
 * The crash part of a report of a dead process made by hand: the bytes of the
 * instruction, where they are a file's, and the system call. Context: tool.
 */
#include "tests/unit/support.h"

#include <signal.h>
#include <string.h>
#include <sys/ucontext.h>

#include "handler/dumper/report_build.h"
#include "tests/unit/dead.h"

#define CODE     0x1000u
#define CODE_END 0x2000u
#define NOWHERE  0x9000u /* behind what was copied */

static struct build build;

static const Inquest__V1__Crash *crash_at(uint64_t pc, const char *rights,
                                          const char *file)
{
    siginfo_t info = {.si_signo = SIGSYS, .si_code = 1};
    struct box *box = dead_begin();

    info.si_syscall = 59;
    memcpy(box->crash.siginfo, &info, sizeof info);
    box->crash.gregs[REG_RIP] = dead_base() + pc;
    memset(dead_at(CODE), 0x90, CODE_END - CODE);
    dead_map(CODE, CODE_END, rights, file);
    dead_map(NOWHERE, NOWHERE + 0x1000, "r-xp", "0 08:01 77 /opt/nowhere");
    build = (struct build){.box = box, .state_fd = -1};
    build_start(&build, INQUEST__V1__KIND__CRASH, 1);
    build.target = dead_open();
    build_crash(&build);
    return build.report.crash;
}

static void instruction_is_told_of_files_alone(void **state)
{
    static const struct {
        uint64_t pc;
        const char *rights, *file;
        size_t bytes; /* of it that are told */
    } cases[] = {
        {CODE, "r-xp", "0 08:01 77 /opt/program", 64},
        {CODE_END - 10, "r-xp", "0 08:01 77 /opt/program", 10},
        {CODE, "r-xp", "0 0:0 0 [vdso]", 64},
        {CODE, "r-xp", "0 0:0 0 [heap]", 0},
        {CODE, "r-xp", "0 0:0 0 ", 0},
        {CODE, "rwxp", "0 08:01 77 /opt/program", 0},
        {CODE, "r--p", "0 08:01 77 /opt/program", 0},
        {CODE_END, "r-xp", "0 08:01 77 /opt/program", 0}, /* not mapped */
        {NOWHERE, "r-xp", "0 08:01 77 /opt/program", 0},  /* not readable */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        const Inquest__V1__Crash *crash =
            crash_at(cases[i].pc, cases[i].rights, cases[i].file);
        assert_int_equal(crash->instruction_bytes.len, cases[i].bytes);
        assert_int_equal(crash->has_instruction_address_case != 0,
                         cases[i].bytes != 0);
        assert_int_equal(crash->system_call, 59);
        assert_string_equal(crash->nearest_mapping, ""); /* of a fault */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instruction_is_told_of_files_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
