/* smaps to kinds of memory. Context: tool. */
#include "tests/unit/support.h"

#include <string.h>

#include "handler/dumper/categories.h"

static struct category_parser parser;

static int clear(void **state)
{
    (void)state;
    parser = (struct category_parser){0};
    return 0;
}

static void feed(const char *line)
{
    category_line(&parser, line, strlen(line));
}

static void mapping(const char *head, const char *rss)
{
    feed(head);
    feed("Size:                132 kB");
    feed(rss);
}

static void each_kind_has_its_sum(void **state)
{
    (void)state;
    mapping("55d0-55f0 rw-p 00000000 00:00 0                          [heap]",
            "Rss:                 100 kB");
    mapping("7f0000000000-7f0000021000 rw-p 00000000 00:00 0 ",
            "Rss:                  20 kB"); /* an arena of malloc */
    mapping("7f1111111000-7f1111121000 rw-p 00000000 00:00 0 ",
            "Rss:                  30 kB");
    mapping("7ffc0000-7ffd0000 rw-p 00000000 00:00 0           [stack]",
            "Rss:                  12 kB");
    mapping("7f22-7f23 rw-s 00000000 00:01 7            /dev/shm/a",
            "Rss:                   8 kB");
    assert_int_equal(parser.sums.heap, 120 * 1024);
    assert_int_equal(parser.sums.anonymous, 30 * 1024);
    assert_int_equal(parser.sums.stack, 12 * 1024);
    assert_int_equal(parser.sums.shared, 8 * 1024);
}

static void written_pages_of_a_file_are_anonymous(void **state)
{
    (void)state;
    mapping("7f22-7f23 rw-p 00000000 08:01 7            /usr/lib/libc.so.6",
            "Rss:                  16 kB");
    feed("Pss:                   5 kB");
    feed("Private_Dirty:         8 kB");
    feed("Anonymous:             8 kB");
    assert_int_equal(parser.sums.file, 8 * 1024);
    assert_int_equal(parser.sums.anonymous, 8 * 1024);
    assert_int_equal(parser.sums.proportional, 5 * 1024);
    assert_int_equal(parser.sums.private_bytes, 8 * 1024);
}

static void a_stopped_thread_marks_its_stack(void **state)
{
    struct target_thread thread = {.stopped = true};
    struct target target = {.threads = &thread, .thread_count = 1};

    (void)state;
    thread.registers[TARGET_RSP] = 0x7f1111112000;
    parser.target = &target;
    mapping("7f1111111000-7f1111121000 rw-p 00000000 00:00 0 ",
            "Rss:                  30 kB");
    assert_int_equal(parser.sums.stack, 30 * 1024);
}

static void nonsense_is_counted_nowhere(void **state)
{
    (void)state;
    feed("Rss:                  16 kB"); /* before any mapping */
    feed("");
    feed("zz-zz");
    feed("55d0-");
    assert_int_equal(parser.sums.anonymous, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_kind_has_its_sum, clear),
        cmocka_unit_test_setup(written_pages_of_a_file_are_anonymous, clear),
        cmocka_unit_test_setup(a_stopped_thread_marks_its_stack, clear),
        cmocka_unit_test_setup(nonsense_is_counted_nowhere, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
