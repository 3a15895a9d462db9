/* proto/box. Context: tool. */
#include "tests/unit/support.h"

#include <string.h>

#include "proto/box.h"

#define COUNT 8

static struct box_sample ring[COUNT];

static int clear_ring(void **state)
{
    (void)state;
    memset(ring, 0, sizeof ring);
    return 0;
}

static void append(uint32_t sequence)
{
    struct box_sample sample = {.rss_pages = sequence * 10};

    box_ring_append(ring, COUNT, sequence, &sample);
}

static void empty_ring_holds_no_sample(void **state)
{
    struct box_sample samples[COUNT];

    (void)state;
    assert_int_equal(box_ring_read(ring, COUNT, samples), 0);
}

static void wrapped_ring_reads_oldest_first(void **state)
{
    struct box_sample samples[COUNT];

    (void)state;
    for (uint32_t i = 1; i <= COUNT + 3; i++)
        append(i);
    assert_int_equal(box_ring_read(ring, COUNT, samples), COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(samples[i].rss_pages, (i + 4) * 10);
}

static void torn_sample_is_left_out(void **state)
{
    struct box_sample samples[COUNT];

    (void)state;
    for (uint32_t i = 1; i <= 5; i++)
        append(i);
    ring[2].anon_pages ^= 1;
    assert_int_equal(box_ring_read(ring, COUNT, samples), 4);
    assert_int_equal(samples[2].rss_pages, 40);
}

static void sample_being_rewritten_does_not_end_the_ring(void **state)
{
    struct box_sample samples[COUNT];

    (void)state;
    for (uint32_t sequence = 1; sequence <= COUNT; sequence++)
        append(sequence);
    box_unseal(&ring[1]);
    assert_int_equal(box_ring_read(ring, COUNT, samples), COUNT - 1);
}

static void record_being_written_is_not_sealed(void **state)
{
    struct box_annotation record = {.key = "k"};

    (void)state;
    box_seal(&record, sizeof record, 3);
    assert_true(box_sealed(&record, sizeof record));
    box_unseal(&record);
    assert_false(box_sealed(&record, sizeof record));
}

static void every_flipped_bit_breaks_the_seal(void **state)
{
    struct box_sample sample = {.rss_pages = 1};

    (void)state;
    box_seal(&sample, sizeof sample, 1);
    for (size_t bit = 0; bit < sizeof sample * 8; bit++) {
        ((uint8_t *)&sample)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(box_sealed(&sample, sizeof sample));
        ((uint8_t *)&sample)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(box_sealed(&sample, sizeof sample));
}

static void string_is_cut_ended_and_padded(void **state)
{
    char text[6] = "xxxxx";

    (void)state;
    box_string(text, sizeof text, "abcdefgh");
    assert_string_equal(text, "abcde");
    box_string(text, sizeof text, "a");
    assert_memory_equal(text, "a\0\0\0\0", sizeof text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(empty_ring_holds_no_sample, clear_ring),
        cmocka_unit_test_setup(wrapped_ring_reads_oldest_first, clear_ring),
        cmocka_unit_test_setup(torn_sample_is_left_out, clear_ring),
        cmocka_unit_test_setup(sample_being_rewritten_does_not_end_the_ring,
                               clear_ring),
        cmocka_unit_test(record_being_written_is_not_sealed),
        cmocka_unit_test(every_flipped_bit_breaks_the_seal),
        cmocka_unit_test(string_is_cut_ended_and_padded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
