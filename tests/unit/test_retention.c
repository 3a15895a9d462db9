/* Retention: what goes, in which order, and why. Context: tool. */
#include "tests/unit/support.h"

#include <stdbool.h>
#include <string.h>

#include "reporter/queue/retention.h"

#define NOW  1790000000000ll
#define DAY  86400000ll
#define ALL  8
#define FREE 1000000u

/* Two of each place, the older first; 100 bytes and a day apart. */
static void fill(struct retention_item items[ALL])
{
    static const enum queue_place places[] = {QUEUE_NEW, QUEUE_BUSY, QUEUE_SENT,
                                              QUEUE_BAD};

    for (size_t i = 0; i < ALL; i++) {
        items[i] = (struct retention_item){
            .index = i,
            .place = places[i / 2],
            .size_bytes = 100,
            .time_ms = NOW - (int64_t)(2 - i % 2) * DAY,
        };
    }
}

static struct retention_limits roomy(void)
{
    return (struct retention_limits){.count = ALL,
                                     .size_bytes = 100 * ALL,
                                     .age_ms = 3 * DAY,
                                     .free_bytes = FREE};
}

/* The places of those that go for reason, in order: "ssbn". */
static const char *gone(const struct retention_limits *limits,
                        uint64_t free_bytes, enum retention_reason reason)
{
    static const char letters[] = "tnusb"; /* tmp new (b)usy sent bad */
    static char text[ALL + 1];
    struct retention_item items[ALL];
    size_t size = 0;

    fill(items);
    retention_plan(limits, items, ALL, NOW, free_bytes);
    for (size_t i = 0; i < ALL; i++) {
        if (items[i].reason == RETENTION_KEPT)
            continue;
        assert_int_equal(items[i].reason, reason);
        text[size++] = letters[items[i].place];
    }
    text[size] = '\0';
    return text;
}

static void made_before_the_clock_was_set_waits_on(void **state)
{
    struct retention_limits limits = roomy();
    struct retention_item items[] = {
        {.index = 0, .place = QUEUE_NEW, .size_bytes = 100, .time_ms = DAY},
        {.index = 1, .place = QUEUE_SENT, .size_bytes = 100, .time_ms = DAY},
    };

    (void)state;
    retention_plan(&limits, items, 2, NOW, FREE);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(items[i].reason, items[i].place == QUEUE_NEW
                                              ? RETENTION_KEPT
                                              : RETENTION_AGE);
    }
}

static void within_the_limits_all_stays(void **state)
{
    struct retention_limits limits = roomy();

    (void)state;
    assert_string_equal(gone(&limits, FREE, RETENTION_KEPT), "");
}

static void beyond_the_count_the_sent_go_first(void **state)
{
    struct retention_limits limits = roomy();

    (void)state;
    limits.count = 7;
    assert_string_equal(gone(&limits, FREE, RETENTION_COUNT), "s");
    limits.count = 3;
    assert_string_equal(gone(&limits, FREE, RETENTION_COUNT), "ssbbn");
    limits.count = 1; /* what is being sent stays */
    assert_string_equal(gone(&limits, FREE, RETENTION_COUNT), "ssbbnn");
}

static void beyond_the_bytes_the_sent_go_first(void **state)
{
    struct retention_limits limits = roomy();

    (void)state;
    limits.size_bytes = 799;
    assert_string_equal(gone(&limits, FREE, RETENTION_BYTES), "s");
    limits.size_bytes = 500;
    assert_string_equal(gone(&limits, FREE, RETENTION_BYTES), "ssb");
}

static void too_old_ones_go_wherever_they_lie(void **state)
{
    struct retention_limits limits = roomy();

    (void)state;
    limits.age_ms = 2 * DAY - 1;
    assert_string_equal(gone(&limits, FREE, RETENTION_AGE), "sbn");
}

static void while_the_clock_is_in_doubt_none_is_too_old(void **state)
{
    struct retention_limits limits = roomy();

    (void)state;
    limits.age_ms = 1;
    limits.age_unknown = true;
    assert_string_equal(gone(&limits, FREE, RETENTION_KEPT), "");
    limits.count = 7;
    assert_string_equal(gone(&limits, FREE, RETENTION_COUNT), "s");
}

static void full_disk_costs_nothing_that_waits(void **state)
{
    struct retention_limits limits = roomy();

    (void)state;
    assert_string_equal(gone(&limits, FREE - 150, RETENTION_FREE_SPACE), "ss");
    assert_string_equal(gone(&limits, 0, RETENTION_FREE_SPACE), "ssbb");
}

static void of_each_place_the_oldest_goes_first(void **state)
{
    struct retention_limits limits = roomy();
    struct retention_item items[ALL];

    (void)state;
    fill(items);
    limits.count = 7;
    retention_plan(&limits, items, ALL, NOW, FREE);
    assert_int_equal(items[0].reason, RETENTION_COUNT);
    assert_int_equal(items[0].time_ms, NOW - 2 * DAY);
}

static void senseless_limits_are_the_defaults(void **state)
{
    static const char *const values[] = {"0", "-5", "many", "99999999999999"};
    struct retention_limits limits;
    struct config config = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        assert_int_equal(config_set(&config, "keep_count", values[i]), 0);
        retention_limits_read(&config, &limits);
        assert_int_equal(limits.count, QUEUE_COUNT_MAX);
    }
    assert_int_equal(config_set(&config, "keep_count", "12"), 0);
    retention_limits_read(&config, &limits);
    assert_int_equal(limits.count, 12);
    config_close(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_the_limits_all_stays),
        cmocka_unit_test(made_before_the_clock_was_set_waits_on),
        cmocka_unit_test(beyond_the_count_the_sent_go_first),
        cmocka_unit_test(beyond_the_bytes_the_sent_go_first),
        cmocka_unit_test(too_old_ones_go_wherever_they_lie),
        cmocka_unit_test(while_the_clock_is_in_doubt_none_is_too_old),
        cmocka_unit_test(full_disk_costs_nothing_that_waits),
        cmocka_unit_test(of_each_place_the_oldest_goes_first),
        cmocka_unit_test(senseless_limits_are_the_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
