/* handler/box_limits: what is too low is raised and put back, what is enough
 * stays. Context: tool. */
#include "tests/unit/support.h"

#include <sys/resource.h>

#include "handler/box_limits.h"

static rlim_t soft(int resource)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(resource, &limit), 0);
    return limit.rlim_cur;
}

static void set_soft(int resource, rlim_t value)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(resource, &limit), 0);
    assert_true(limit.rlim_max > value);
    limit.rlim_cur = value;
    assert_int_equal(setrlimit(resource, &limit), 0);
}

static void too_low_is_raised_and_put_back(void **state)
{
    struct box_limits limits;

    (void)state;
    set_soft(RLIMIT_NOFILE, 64);
    set_soft(RLIMIT_FSIZE, 4096);
    box_limits_raise(&limits);
    rlim_t files = soft(RLIMIT_NOFILE);
    rlim_t bytes = soft(RLIMIT_FSIZE);
    box_limits_restore(&limits);
    assert_true(files > 200);
    assert_true(bytes > 1u << 20);
    assert_int_equal(soft(RLIMIT_NOFILE), 64);
    assert_int_equal(soft(RLIMIT_FSIZE), 4096);
}

/* Another thread may fork in between: its child would keep what is raised. */
static void enough_is_not_touched(void **state)
{
    struct box_limits limits;

    (void)state;
    set_soft(RLIMIT_NOFILE, 256);
    set_soft(RLIMIT_FSIZE, 1 << 20);
    box_limits_raise(&limits);
    assert_int_equal(soft(RLIMIT_NOFILE), 256);
    assert_int_equal(soft(RLIMIT_FSIZE), 1 << 20);
    box_limits_restore(&limits);
}

static void what_the_program_set_meanwhile_stays(void **state)
{
    struct box_limits limits;

    (void)state;
    set_soft(RLIMIT_NOFILE, 64);
    box_limits_raise(&limits);
    set_soft(RLIMIT_NOFILE, 100);
    box_limits_restore(&limits);
    assert_int_equal(soft(RLIMIT_NOFILE), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_low_is_raised_and_put_back),
        cmocka_unit_test(enough_is_not_touched),
        cmocka_unit_test(what_the_program_set_meanwhile_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
