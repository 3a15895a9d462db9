/* Whether our thread is root and the program not any more. Context: tool. */
#include "tests/unit/support.h"

#include <stdbool.h>
#include <stdio.h>

#include "handler/sampler/kept_root.h"

static const uid_t root[] = {0, 0, 0};
static const uid_t nobody[] = {65534, 65534, 65534};
static const uid_t root_again[] = {33, 34, 0};

static bool kept(const char *users, const uid_t ours[3])
{
    char status[200];
    int size =
        snprintf(status, sizeof status,
                 "Name:\tUid:\nTgid:\t77\n%s\nGid:\t0\t0\t0\t0\n", users);

    return kept_root_is(status, (size_t)size, ours);
}

static void root_was_given_up(void **state)
{
    (void)state;
    assert_true(kept("Uid:\t1000\t1000\t1000\t1000", root));
    assert_true(kept("Uid:\t33\t34\t35\t0", root_again));
}

static void it_may_be_root_again(void **state)
{
    (void)state;
    assert_false(kept("Uid:\t0\t1000\t1000\t1000", root));
    assert_false(kept("Uid:\t1000\t1000\t0\t1000", root));
    assert_false(kept("Uid:\t0\t0\t0\t0", root));
}

static void ours_is_not_root(void **state)
{
    (void)state;
    assert_false(kept("Uid:\t1000\t1000\t1000\t1000", nobody));
}

static void nothing_is_known(void **state)
{
    (void)state;
    assert_false(kept("Groups:\t1000", root));
    assert_false(kept("Uid:\t1000\t1000", root));
    assert_false(kept("Uid:\t1000\t1000\t", root));
    assert_false(kept_root_is("", 0, root));
    assert_false(kept_root_is("\nUid:\t1", 7, root));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_was_given_up),
        cmocka_unit_test(it_may_be_root_again),
        cmocka_unit_test(ours_is_not_root),
        cmocka_unit_test(nothing_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
