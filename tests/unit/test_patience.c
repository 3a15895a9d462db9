/* What a thread of the collector waits for locks of the database: one bound
 * for all its statements, anew where there is hope. Context: tool. */
#include "tests/unit/support.h"

#include "collector/store_sqlite/patience.h"

#define BEGIN_MS 1000000

static void all_waiting_has_one_bound(void **unused)
{
    (void)unused;
    patience_renew();
    for (int64_t ms = 0; ms < PATIENCE_MS; ms += 100)
        assert_true(patience_waits(BEGIN_MS + ms));
    assert_false(patience_waits(BEGIN_MS + PATIENCE_MS));
    /* Who tries on does not come to wait again. */
    for (int64_t ms = 0; ms < 4 * PATIENCE_MS; ms += PATIENCE_MS - 1)
        assert_false(patience_waits(BEGIN_MS + PATIENCE_MS + ms));
}

static void a_lock_gives_new_patience(void **unused)
{
    (void)unused;
    patience_renew();
    assert_true(patience_waits(BEGIN_MS));
    assert_true(patience_waits(BEGIN_MS + PATIENCE_MS - 1));
    assert_false(patience_waits(BEGIN_MS + PATIENCE_MS));
    patience_renew();
    assert_true(patience_waits(BEGIN_MS + PATIENCE_MS + 1));
    assert_true(patience_waits(BEGIN_MS + 2 * PATIENCE_MS));
}

static void so_does_a_while_without_a_wish(void **unused)
{
    (void)unused;
    patience_renew();
    assert_true(patience_waits(BEGIN_MS));
    assert_true(patience_waits(BEGIN_MS + PATIENCE_MS - 1));
    assert_false(patience_waits(BEGIN_MS + PATIENCE_MS));
    assert_true(patience_waits(BEGIN_MS + 2 * PATIENCE_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_waiting_has_one_bound),
        cmocka_unit_test(a_lock_gives_new_patience),
        cmocka_unit_test(so_does_a_while_without_a_wish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
