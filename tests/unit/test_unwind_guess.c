/*
 * Stacks of code without call frame information, made by hand: a frame is
 * found by its pointer, else by what follows a call; what is damaged ends the
 * stack with the reason. Context: tool.
 */
#include "tests/unit/support.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "handler/dumper/unwind_walk.h"
#include "tests/unit/dead.h"

#define CODE    DEAD_CODE
#define RETURN  (CODE + 0x100) /* behind a call */
#define NO_CALL (CODE + 0x200)
#define STACK   0x4000u
#define END     BOX_STACK_BYTES
#define FAR     0x300000u
#define HEADER  0x2800u /* of eh_frame_hdr */

#define NO_INFORMATION                                                     \
    "code without call frame information, and no return address near the " \
    "stack pointer"
#define NO_STACK "the pc is not code, and the stack pointer is invalid"
#define NO_RETURN                                                           \
    "the pc is not code, and no return address lies at the stack pointer: " \
    "a damaged stack"

static void make(void)
{
    (void)dead_begin();
    dead_elf("main", "/opt/program");
    memset(dead_at(CODE), 0x90, 0x1000);
    *(uint8_t *)dead_at(RETURN - 5) = 0xe8;
}

static void what_follows_a_call_is_known_by_its_bytes(void **state)
{
    static const struct {
        uint8_t bytes[8]; /* the last seven before the address count */
        bool call;
    } cases[] = {
        {{0, 0x90, 0x90, 0xe8, 1, 2, 3, 4}, true},
        {{0, 0x90, 0x90, 0xe9, 1, 2, 3, 4}, false},             /* jmp */
        {{0, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0}, true},  /* *%rax */
        {{0, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0x10}, true},  /* *(%rax) */
        {{0, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xe0}, false}, /* jmp *%rax */
        {{0, 0x90, 0x90, 0x90, 0x90, 0xff, 0x50, 0x08}, true},  /* *8(%rax) */
        {{0, 0x90, 0x90, 0x90, 0x90, 0xff, 0x14, 0xd0}, true},  /* SIB */
        {{0, 0x90, 0x90, 0x90, 0xff, 0x54, 0xd0, 0x08}, true},  /* SIB, 8 */
        {{0, 0x90, 0xff, 0x15, 1, 2, 3, 4}, true},              /* *1(%rip) */
        {{0, 0x90, 0xff, 0x90, 1, 2, 3, 4}, true},              /* *1(%rax) */
        {{0, 0xff, 0x94, 0xd0, 1, 2, 3, 4}, true},              /* SIB, 32 */
        {{0, 0xff, 0x14, 0x25, 1, 2, 3, 4}, true},  /* SIB, no base */
        {{0, 0xff, 0x14, 0x24, 1, 2, 3, 4}, false}, /* SIB, short */
        {{0, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff}, false},
    };

    (void)state;
    make();
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        memcpy(dead_at(CODE + 0x400 + 16 * i), cases[i].bytes, 8);
    struct target *target = dead_open();
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        uint64_t address = dead_base() + CODE + 0x400 + 16 * i + 8;
        if (unwind_follows_call(target, address) != cases[i].call)
            fail_msg("case %zu", i);
    }
    assert_false(unwind_follows_call(target, dead_base() + STACK));
    assert_false(unwind_follows_call(target, 3));
}

static void what_a_runtime_made_is_code_of_no_file(void **state)
{
    static const struct {
        const char *rights, *file;
        bool generated;
    } mappings[] = {
        {"rwxp", "00000000 00:00 0 ", true},
        {"r-xp", "00000000 00:00 0 [anon:v8]", true},
        {"r-xs", "00000000 00:01 77 /memfd:doublemapper (deleted)", true},
        {"rw-p", "00000000 00:00 0 ", false},
        {"r-xp", "00000000 00:00 0 [vdso]", false},
        {"r-xp", "00001000 08:01 77 /usr/lib/libc.so.6", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(mappings); i++) {
        (void)dead_begin();
        dead_map(STACK, STACK + 0x1000, mappings[i].rights, mappings[i].file);
        struct target *target = dead_open();
        if (unwind_is_generated(target, dead_base() + STACK) !=
            mappings[i].generated)
            fail_msg("%s %s", mappings[i].rights, mappings[i].file);
        assert_false(unwind_is_generated(target, dead_base() + STACK + 0x1000));
    }
}

struct scene {
    const char *what;
    uint64_t pc, stack_pointer, frame_pointer;
    struct {
        size_t at;
        uint64_t value; /* an offset from the base */
    } words[4];
    size_t count;            /* of frames, with the first */
    enum unwind_trust trust; /* of the last */
    const char *note;
};

static const struct scene scenes[] = {
    {"frame pointer",
     CODE,
     STACK,
     STACK + 64,
     {{STACK + 64, STACK + 128},
      {STACK + 72, RETURN},
      {STACK + 128, STACK},
      {STACK + 136, RETURN}},
     3,
     UNWIND_FRAME_POINTER,
     NO_INFORMATION},
    {"frame pointer below the stack",
     CODE,
     STACK,
     STACK - 16,
     {{STACK + 40, RETURN}},
     2,
     UNWIND_SCAN,
     NO_INFORMATION},
    {"frame pointer far away",
     CODE,
     STACK,
     STACK + (2u << 20),
     {{STACK + 40, RETURN}},
     2,
     UNWIND_SCAN,
     NO_INFORMATION},
    {"frame pointer not aligned",
     CODE,
     STACK,
     STACK + 66,
     {{STACK + 40, RETURN}},
     2,
     UNWIND_SCAN,
     NO_INFORMATION},
    {"frame pointer nowhere",
     CODE,
     STACK,
     END + 64,
     {{STACK + 40, RETURN}},
     2,
     UNWIND_SCAN,
     NO_INFORMATION},
    {"caller nowhere",
     CODE,
     STACK,
     END - 8,
     {{STACK + 40, RETURN}},
     2,
     UNWIND_SCAN,
     NO_INFORMATION},
    {"caller behind no call",
     CODE,
     STACK,
     STACK + 64,
     {{STACK + 64, STACK + 128}, {STACK + 72, NO_CALL}, {STACK + 80, RETURN}},
     2,
     UNWIND_SCAN,
     NO_INFORMATION},
    {"stack pointer not aligned",
     CODE,
     STACK + 3,
     0,
     {{STACK + 8, RETURN}},
     2,
     UNWIND_SCAN,
     NO_INFORMATION},
    {"nothing on the stack",
     CODE,
     STACK,
     0,
     {{0}},
     1,
     UNWIND_CONTEXT,
     NO_INFORMATION},
    {"stack pointer near the end",
     CODE,
     END - 16,
     0,
     {{0}},
     1,
     UNWIND_CONTEXT,
     NO_INFORMATION},
    {"stack pointer nowhere",
     CODE,
     FAR,
     0,
     {{0}},
     1,
     UNWIND_CONTEXT,
     NO_INFORMATION},
    {"called through a bad pointer",
     FAR,
     STACK,
     0,
     {{STACK, RETURN}, {STACK + 16, RETURN}},
     3,
     UNWIND_SCAN,
     NO_INFORMATION},
    {"bad pc, no stack", FAR, FAR, 0, {{0}}, 1, UNWIND_CONTEXT, NO_STACK},
    {"bad pc, no return address",
     FAR,
     STACK,
     0,
     {{STACK, NO_CALL}},
     1,
     UNWIND_CONTEXT,
     NO_RETURN},
};

static void walk(const struct scene *scene, uint64_t deadline_ms,
                 struct unwind_stack *ret_stack)
{
    uint64_t registers[TARGET_REGISTERS] = {0};

    registers[TARGET_RIP] = dead_base() + scene->pc;
    registers[TARGET_RSP] = dead_base() + scene->stack_pointer;
    registers[TARGET_RBP] =
        scene->frame_pointer ? dead_base() + scene->frame_pointer : 0;
    unwind_thread(dead_open(), registers, 0, deadline_ms, ret_stack);
}

static void check(const struct scene *scene, const struct unwind_stack *stack)
{
    if (stack->count != scene->count ||
        stack->frames[stack->count - 1].trust != scene->trust ||
        strcmp(stack->note ? stack->note : "", scene->note) != 0) {
        fail_msg("%s: %zu frames, the last by %d: %s", scene->what,
                 stack->count, (int)stack->frames[stack->count - 1].trust,
                 stack->note ? stack->note : "no note");
    }
    for (size_t i = 1; i < stack->count; i++)
        assert_int_equal(stack->frames[i].pc, dead_base() + RETURN);
}

static void put_words(const struct scene *scene)
{
    for (size_t i = 0; i < ARRAY_LENGTH(scene->words); i++) {
        if (scene->words[i].at) {
            dead_put_u64(scene->words[i].at,
                         dead_base() + scene->words[i].value);
        }
    }
}

static void stacks_are_guessed_or_end_with_the_reason(void **state)
{
    static struct unwind_stack stack;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(scenes); i++) {
        make();
        put_words(&scenes[i]);
        walk(&scenes[i], UINT64_MAX, &stack);
        check(&scenes[i], &stack);
    }
}

/* Guesses do not add up to a chain. */
static void few_frames_are_found_by_scanning(void **state)
{
    static const struct scene scene = {
        "many", CODE, STACK, 0, {{0}}, 1 + 16, UNWIND_SCAN, NO_INFORMATION};
    static struct unwind_stack stack;

    (void)state;
    make();
    for (size_t at = STACK; at < STACK + 800; at += 16)
        dead_put_u64(at, dead_base() + RETURN);
    walk(&scene, UINT64_MAX, &stack);
    check(&scene, &stack);
}

static void deep_stack_ends_when_time_is_up(void **state)
{
    static const struct scene scene = {
        "deep", CODE, STACK, STACK, {{0}}, 0, UNWIND_FRAME_POINTER, ""};
    static struct unwind_stack stack;

    (void)state;
    make();
    for (size_t at = STACK; at < END - 32; at += 16) {
        dead_put_u64(at, dead_base() + at + 16);
        dead_put_u64(at + 8, dead_base() + RETURN);
    }
    walk(&scene, 0, &stack);
    assert_string_equal(stack.note,
                        "out of time: the outermost frames are not known");
    assert_int_equal(stack.count + stack.skipped, 1 + 256);
}

/* .eh_frame_hdr: version, three encodings, pointer, count, table. */
static void table_that_makes_no_sense_is_no_information(void **state)
{
    static const uint8_t headers[][16] = {
        {2, 0x1b, 0x03, 0x3b},
        {1, 0x1b, 0x04, 0x3b},
        {1, 0x1b, 0x03, 0x1b},
        {1, 0x1b, 0x03, 0x3b, 0, 0, 0, 0, 0, 0, 0, 0},
        {1, 0x1b, 0x03, 0x3b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
        {1, 0x1b, 0x03, 0x3b, 0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f},
    };
    static struct unwind_stack stack;

    (void)state;
    for (size_t i = 0; i <= ARRAY_LENGTH(headers); i++) {
        make();
        put_words(&scenes[0]);
        bool nowhere = i == ARRAY_LENGTH(headers);
        dead_put_u64(DEAD_HEADER_FRAMES + 16, nowhere ? FAR : HEADER);
        if (!nowhere)
            memcpy(dead_at(HEADER), headers[i], sizeof headers[i]);
        walk(&scenes[0], UINT64_MAX, &stack);
        check(&scenes[0], &stack);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_runtime_made_is_code_of_no_file),
        cmocka_unit_test(what_follows_a_call_is_known_by_its_bytes),
        cmocka_unit_test(stacks_are_guessed_or_end_with_the_reason),
        cmocka_unit_test(few_frames_are_found_by_scanning),
        cmocka_unit_test(deep_stack_ends_when_time_is_up),
        cmocka_unit_test(table_that_makes_no_sense_is_no_information),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
