/* proto/base. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/arena.h"
#include "proto/base/crc32c.h"
#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/span.h"
#include "proto/base/utf8.h"

static void crc_of_the_nine_digits_is_that_of_the_rfc(void **state)
{
    (void)state;
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
}

static void bytes_that_are_not_utf8_become_question_marks(void **state)
{
    /* RFC 3629 section 4: each in a buffer of its own. */
    static const struct {
        const char *from;
        const char *to;
    } cases[] = {
        {"plain", "plain"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"latin gr\xfc\xdf", "latin gr??"},
        {"\xc0\xaf", "??"},           /* overlong */
        {"\xe0\x80\xaf", "???"},      /* overlong */
        {"\xed\xa0\x80", "???"},      /* a surrogate */
        {"\xf4\x90\x80\x80", "????"}, /* beyond U+10FFFF */
        {"cut \xe2\x82", "cut ??"},   /* its end is missing */
        {"\xf0\x9f\x98 x", "??? x"},
        {"\x80\xbf\xff\xfe", "????"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char text[32];
        size_t size = strlen(cases[i].from);
        memcpy(text, cases[i].from, size + 1);
        assert_int_equal(utf8_repair(text, size),
                         strcmp(cases[i].from, cases[i].to) != 0);
        assert_string_equal(text, cases[i].to);
    }
}

static void crc_goes_on_where_it_stopped(void **state)
{
    (void)state;
    assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

static void text_beyond_its_buffer_is_cut_and_says_so(void **state)
{
    char buffer[8];
    struct text text = text_init(buffer, sizeof buffer);

    (void)state;
    text_append(&text, "abc");
    assert_false(text.cut);
    text_append_u64(&text, 123456);
    assert_true(text.cut);
    assert_string_equal(buffer, "abc1234");
}

static void numbers_are_written_in_their_base(void **state)
{
    char buffer[64];
    struct text text = text_init(buffer, sizeof buffer);

    (void)state;
    text_append_i64(&text, INT64_MIN);
    text_append(&text, " ");
    text_append_hex(&text, 0xab, 4);
    assert_string_equal(buffer, "-9223372036854775808 00ab");
}

static void number_beyond_64_bits_is_refused(void **state)
{
    const char *digits = "18446744073709551616";
    const char *at = digits;
    uint64_t value = 7;

    (void)state;
    assert_int_equal(fmt_parse_u64(&at, digits + 20, 10, &value), -ERANGE);
    assert_int_equal(value, 7);
}

static void key_is_found_only_at_the_start_of_a_line(void **state)
{
    const char *text = "xoom_kill 9\noom_kill 3\n";
    uint64_t value = 0;

    (void)state;
    assert_int_equal(fmt_find_u64(text, strlen(text), "oom_kill ", &value), 0);
    assert_int_equal(value, 3);
    assert_int_equal(fmt_find_u64(text, strlen(text), "none ", &value),
                     -ERR_NOT_FOUND);
}

static void span_refuses_what_leaves_it(void **state)
{
    const struct span whole = {(const uint8_t *)"abcd", 4};
    struct span part;

    (void)state;
    assert_int_equal(span_part(whole, 2, 2, &part), 0);
    assert_int_equal(span_part(whole, 2, 3, &part), -ERR_FORMAT);
    assert_int_equal(span_part(whole, UINT64_MAX, 2, &part), -ERR_FORMAT);
}

static void full_arena_gives_nothing_more(void **state)
{
    static __attribute__((aligned(16))) uint8_t bytes[64];
    struct arena arena = {bytes, sizeof bytes, 0};

    (void)state;
    assert_non_null(arena_alloc(&arena, 33));
    assert_null(arena_alloc(&arena, 17));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_non_null(arena_alloc(&arena, 16));
}

static void file_larger_than_the_buffer_is_cut_and_said(void **state)
{
    char path[SUPPORT_PATH_BYTES + 8];
    char buffer[5];
    size_t size = 0;

    (void)snprintf(path, sizeof path, "%s/f", (char *)*state);
    OWNED_FD fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(io_write_all(fd, "abcdef", 6), 0);
    assert_int_equal(io_read_text(AT_FDCWD, path, buffer, sizeof buffer, &size),
                     -ERR_LIMIT);
    assert_int_equal(size, 4);
    assert_string_equal(buffer, "abcd");
}

static void moved_descriptor_stays_open_above_the_minimum(void **state)
{
    (void)state;
    OWNED_FD fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(fd_move_above(&fd, FD_ABOVE), 0);
    assert_true(fd >= FD_ABOVE);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static void every_error_has_a_text(void **state)
{
    (void)state;
    for (int r = ERR_FIRST; r < ERR_LAST; r++)
        assert_string_not_equal(err_text(-r), "unknown error");
    assert_string_equal(err_text(-ENOENT), "No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_of_the_nine_digits_is_that_of_the_rfc),
        cmocka_unit_test(bytes_that_are_not_utf8_become_question_marks),
        cmocka_unit_test(crc_goes_on_where_it_stopped),
        cmocka_unit_test(text_beyond_its_buffer_is_cut_and_says_so),
        cmocka_unit_test(numbers_are_written_in_their_base),
        cmocka_unit_test(number_beyond_64_bits_is_refused),
        cmocka_unit_test(key_is_found_only_at_the_start_of_a_line),
        cmocka_unit_test(span_refuses_what_leaves_it),
        cmocka_unit_test(full_arena_gives_nothing_more),
        cmocka_unit_test_setup_teardown(
            file_larger_than_the_buffer_is_cut_and_said, support_directory_make,
            support_directory_remove),
        cmocka_unit_test(moved_descriptor_stays_open_above_the_minimum),
        cmocka_unit_test(every_error_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
