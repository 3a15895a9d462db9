/* The crashing instruction in words. Context: tool. */
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

#include "reporter/show/disassemble.h"

/* A report of a crash at 0x1000 with these bytes and registers. */
static struct disassembly of(const char *bytes, const char *signal,
                             const char *registers)
{
    struct disassembly code;
    json_t *report =
        json_pack("{s:{s:s,s:s,s:o},s:[{},{s:b,s:o}]}", "crash",
                  "instructionBytes", bytes, "instructionAddress", "0x1000",
                  "signal", json_loads(signal, 0, NULL), "threads", "crashed",
                  1, "registers", json_loads(registers, 0, NULL));

    assert_non_null(report);
    disassemble(report, &code);
    json_decref(report);
    return code;
}

static void write_is_told_with_its_register(void **state)
{
    struct disassembly code =
        of("c70001000000c390", "{\"faultAddress\":\"0x10\"}",
           "{\"rax\":\"0x10\"}");

    (void)state;
    assert_int_equal(code.count, 2); /* it ends with the function */
    assert_string_equal(code.lines[0].text, "mov dword ptr [rax], 0x1");
    assert_string_equal(code.words, "writes 4 bytes at 0x10 (rax = 0x10)");
    assert_int_equal(code.lines[1].address, 0x1006);
    assert_string_equal(code.lines[1].text, "ret");
}

static void fault_inside_of_a_wide_access_is_explained(void **state)
{
    /* vpcmpeqb ymm1, ymm0, [rdi+rcx*8]: the second half is not there. */
    struct disassembly code = of("c5fd740ccf", "{\"faultAddress\":\"0x2000\"}",
                                 "{\"rdi\":\"0x1ff0\",\"rcx\":\"0x0\"}");

    (void)state;
    assert_string_equal(code.words,
                        "reads 32 bytes at 0x1ff0 (rdi = 0x1ff0, rcx = 0x0)");
}

static void push_writes_below_the_stack_pointer(void **state)
{
    struct disassembly code = of("50", "{\"faultAddress\":\"0x7ffffff8\"}",
                                 "{\"rsp\":\"0x80000000\",\"rax\":\"0x0\"}");

    (void)state;
    assert_string_equal(code.words,
                        "writes 8 bytes at 0x7ffffff8 (rsp = 0x80000000)");
}

static void address_that_the_kernel_does_not_know_is_computed(void **state)
{
    struct disassembly code =
        of("8b00", "{}", "{\"rax\":\"0x4141414141414140\"}");

    (void)state;
    assert_string_equal(code.words,
                        "reads 4 bytes at 0x4141414141414140, which is not "
                        "canonical (rax = 0x4141414141414140)");
}

static void division_names_its_divisor(void **state)
{
    struct disassembly code =
        of("f7f9", "{\"faultAddress\":\"0x1000\"}",
           "{\"rax\":\"0x10\",\"rcx\":\"0x0\",\"rdx\":\"0x0\"}");

    (void)state;
    assert_string_equal(code.words, "divides by ecx = 0x0");
}

static void part_of_a_register_is_told_alone(void **state)
{
    static const struct {
        const char *bytes, *words;
    } divisions[] = {
        {"48f7f9", "divides by rcx = 0x1234500000000"},
        {"f7f9", "divides by ecx = 0x0"},
        {"66f7f9", "divides by cx = 0x0"},
        {"f6f9", "divides by cl = 0x0"},
        {"f6fd", "divides by ch = 0x0"},
        {"f7fb", "divides by ebx = 0x5678"},
        {"f6fb", "divides by bl = 0x78"},
        {"f6ff", "divides by bh = 0x56"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof divisions / sizeof *divisions; i++) {
        struct disassembly code =
            of(divisions[i].bytes, "{\"faultAddress\":\"0x1000\"}",
               "{\"rcx\":\"0x1234500000000\",\"rbx\":\"0x900005678\"}");
        assert_string_equal(code.words, divisions[i].words);
    }
}

static void other_address_is_not_explained(void **state)
{
    struct disassembly code =
        of("8b00", "{\"faultAddress\":\"0x5000\"}", "{\"rax\":\"0x10\"}");

    (void)state;
    assert_int_equal(code.count, 1);
    assert_string_equal(code.words, "");
}

static void sent_signal_has_no_instruction(void **state)
{
    (void)state;
    assert_int_equal(of("8b00", "{\"senderPid\":1}", "{}").count, 0);
    assert_int_equal(of("8b00", "{\"code\":-2}", "{}").count, 0); /* a timer */
    assert_int_equal(of("8b00", "{\"code\":128}", "{}").count, 1);
}

static void bad_bytes_end_the_list(void **state)
{
    (void)state;
    assert_int_equal(of("", "{}", "{}").count, 0);
    assert_int_equal(of("zz", "{}", "{}").count, 0);
    assert_int_equal(of("90 90", "{}", "{}").count, 1);
    assert_int_equal(of("909", "{}", "{}").count, 1);
    assert_int_equal(of("9006", "{}", "{}").count, 1);   /* no push es today */
    assert_int_equal(of("90488b", "{}", "{}").count, 1); /* cut */
    assert_int_equal(of("90909090909090", "{}", "{}").count,
                     DISASSEMBLY_LINES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_is_told_with_its_register),
        cmocka_unit_test(fault_inside_of_a_wide_access_is_explained),
        cmocka_unit_test(push_writes_below_the_stack_pointer),
        cmocka_unit_test(address_that_the_kernel_does_not_know_is_computed),
        cmocka_unit_test(division_names_its_divisor),
        cmocka_unit_test(part_of_a_register_is_told_alone),
        cmocka_unit_test(other_address_is_not_explained),
        cmocka_unit_test(sent_signal_has_no_instruction),
        cmocka_unit_test(bad_bytes_end_the_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
