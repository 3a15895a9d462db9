/*
 * An exception of C++ in a process's memory, one thing on the way to it
 * damaged at a time: it is found, or not told, and never another text.
 * Context: tool.
 */
#include "tests/unit/support.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "handler/dumper/exception.h"
#include "tests/unit/dead.h"

#define SYMBOL_VALUE \
    (DEAD_SYMBOLS + 2 * sizeof(Elf64_Sym) + offsetof(Elf64_Sym, st_value))
#define FAR       0x100000u /* nothing is there */
#define DEPENDENT 0x6600u   /* a header of its own */

enum form { BYTE, HALF, WORD, LONG, OFFSET, TEXT };

struct damage {
    const char *what;
    size_t at;
    enum form form;
    uint64_t value;      /* OFFSET: from the base */
    const char *text;    /* of TEXT */
    const char *message; /* NULL: the exception is not found */
};

static const struct damage damages[] = {
    {"nothing", 0x7000, BYTE, 0, NULL, "boom"},
    {"no function", DEAD_STRING_NAME, BYTE, 'x', NULL, NULL},
    {"function nowhere", SYMBOL_VALUE, LONG, FAR, NULL, NULL},
    {"no lea", DEAD_LEA, BYTE, 0x90, NULL, NULL},
    {"no add", DEAD_ADD, BYTE, 0x90, NULL, NULL},
    {"add before lea", DEAD_CODE, HALF, 0x0548, NULL, NULL},
    {"index nowhere", DEAD_LEA + 3, WORD, FAR, NULL, NULL},
    {"module too large", DEAD_TLS_INDEX, LONG, 65537, NULL, NULL},
    {"module without a block", DEAD_TLS_INDEX, LONG, 5000, NULL, NULL},
    {"vector nowhere", DEAD_THREAD + 8, LONG, FAR, NULL, NULL},
    {"block not made yet", DEAD_VECTOR + 16, LONG, UINT64_MAX, NULL, NULL},
    {"block nowhere", DEAD_VECTOR + 16, LONG, FAR, NULL, NULL},
    {"none", DEAD_GLOBALS, LONG, 0, NULL, NULL},
    {"header nowhere", DEAD_GLOBALS, LONG, FAR, NULL, NULL},
    {"of another language", DEAD_CLASS + 1, BYTE, 'X', NULL, NULL},
    {"type nowhere", DEAD_HEADER, LONG, FAR, NULL, NULL},
    {"name nowhere", DEAD_TYPE + 8, LONG, FAR, NULL, NULL},
    {"name of a local type", DEAD_NAME, TEXT, 0, "*7MyError", "boom"},
    {"dependent on what is none", DEAD_CLASS, BYTE, 1, NULL, NULL},
    {"base nowhere", DEAD_TYPE + 16, LONG, FAR, NULL, ""},
    {"base's name nowhere", DEAD_BASE + 8, LONG, FAR, NULL, ""},
    {"base that keeps no text", DEAD_BASE_NAME, TEXT, 0, "St9exception", ""},
    {"the other base", DEAD_BASE_NAME, TEXT, 0, "St11logic_error", "boom"},
    {"its own base", DEAD_TYPE + 16, OFFSET, DEAD_TYPE, NULL, ""},
    {"message nowhere", DEAD_MESSAGE, LONG, FAR, NULL, ""},
    {"message empty", DEAD_TEXT, BYTE, 0, NULL, ""},
};

static void apply(const struct damage *damage)
{
    static const size_t bytes[] = {1, 2, 4, 8};
    void *at = dead_at(damage->at);

    if (damage->form == TEXT) {
        memcpy(at, damage->text, strlen(damage->text) + 1);
    } else if (damage->form == OFFSET) {
        dead_put_u64(damage->at, dead_base() + damage->value);
    } else {
        memcpy(at, &damage->value, bytes[damage->form]);
    }
}

static void make(void)
{
    (void)dead_begin();
    dead_elf("__cxa_get_globals_fast", "/usr/lib/libstdc++.so.6");
    dead_exception();
}

static void way_to_the_exception_is_followed_or_given_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(damages); i++) {
        const struct damage *damage = &damages[i];
        struct exception exception;
        bool caught = true;
        make();
        apply(damage);
        struct target *target = dead_open();
        enum exception_state found =
            exception_read(target, target->modules, dead_base() + DEAD_THREAD,
                           &exception, &caught);
        enum exception_state wanted =
            damage->message ? EXCEPTION_FOUND
            : damage->at == DEAD_GLOBALS && damage->value == 0
                ? EXCEPTION_NONE
                : EXCEPTION_UNKNOWN;
        if (found != wanted)
            fail_msg("%s: %d", damage->what, (int)found);
        if (!damage->message)
            continue;
        assert_false(caught);
        assert_string_equal(exception.type, "7MyError");
        assert_string_equal(exception.message, damage->message);
    }
}

static void thread_that_is_nowhere_has_none_that_is_known(void **state)
{
    struct exception exception;
    bool caught = false;

    (void)state;
    make();
    struct target *target = dead_open();
    assert_int_equal(
        exception_read(target, target->modules, FAR, &exception, &caught),
        EXCEPTION_UNKNOWN);
    assert_false(exception_search(target, FAR, &exception, &caught));
    assert_false(exception_search(target, 0, &exception, &caught));
}

/* Of std::rethrow_exception: it points to the object behind the other one's
 * header, whose second word is its text. */
static void dependent_exception_has_type_and_text_of_the_other(void **state)
{
    struct exception exception;
    bool caught = true;

    (void)state;
    make();
    dead_put_u64(DEPENDENT, dead_base() + DEAD_HEADER + 112);
    dead_put_u64(DEPENDENT + 80, 0x474e5543432b2b01ull);
    dead_put_u64(DEAD_GLOBALS, dead_base() + DEPENDENT);
    dead_put_u64(DEAD_LANDING, 1); /* the other one was caught */
    struct target *target = dead_open();
    assert_int_equal(exception_read(target, target->modules,
                                    dead_base() + DEAD_THREAD, &exception,
                                    &caught),
                     EXCEPTION_FOUND);
    assert_string_equal(exception.type, "7MyError");
    assert_string_equal(exception.message, "boom");
    assert_false(caught);
}

/* Any word of static TLS may look like a pointer. */
static void search_takes_nothing_but_an_exception(void **state)
{
    static const struct damage slots[] = {
        {"nothing", 0x7000, BYTE, 0, NULL, "boom"},
        {"zero", DEAD_SLOT, LONG, 0, NULL, NULL},
        {"odd", DEAD_SLOT, OFFSET, DEAD_HEADER + 1, NULL, NULL},
        {"nowhere", DEAD_SLOT, LONG, FAR, NULL, NULL},
        {"of no class", DEAD_CLASS, LONG, 0, NULL, NULL},
        {"caught", DEAD_LANDING, LONG, 1, NULL, "boom"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(slots); i++) {
        struct exception exception;
        bool caught = false;
        make();
        dead_put_u64(DEAD_GLOBALS, 0); /* it is not asked */
        apply(&slots[i]);
        bool found = exception_search(dead_open(), dead_base() + DEAD_THREAD,
                                      &exception, &caught);
        if (found != (slots[i].message != NULL))
            fail_msg("%s: %d", slots[i].what, found);
        assert_int_equal(caught, slots[i].at == DEAD_LANDING);
        if (found)
            assert_string_equal(exception.message, "boom");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(way_to_the_exception_is_followed_or_given_up),
        cmocka_unit_test(thread_that_is_nowhere_has_none_that_is_known),
        cmocka_unit_test(dependent_exception_has_type_and_text_of_the_other),
        cmocka_unit_test(search_takes_nothing_but_an_exception),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
