/* Which cgroup a box says its process was in. Context: tool. */
#include "tests/unit/support.h"

#include <string.h>
#include <sys/stat.h>

#include "proto/box.h"
#include "reporter/watch/box_owner.h"

static struct box box;
static char path[64];

/* In "/a" at the start, and in "/b" when the sampler looked last. */
static int start(void **state)
{
    struct stat status;

    (void)state;
    memset(&box, 0, sizeof box);
    assert_int_equal(stat("/proc/self/ns/cgroup", &status), 0);
    box.identity.cgroup_namespace = status.st_ino;
    box.sampler.cgroup_namespace = status.st_ino;
    strcpy(box.identity.cgroup, "/a");
    strcpy(box.sampler.cgroup, "/b");
    box.control.cgroup_moves = 1;
    box_seal(&box.sampler, sizeof box.sampler, 1);
    return 0;
}

static void cgroup_is_where_it_was_seen_last(void **state)
{
    (void)state;
    box_owner_cgroup(&box, path, sizeof path);
    assert_string_equal(path, "/b");
}

static void without_a_sampler_it_is_that_of_the_start(void **state)
{
    (void)state;
    box_unseal(&box.sampler);
    box.control.cgroup_moves = 0;
    box_owner_cgroup(&box, path, sizeof path);
    assert_string_equal(path, "/a");
}

static void who_was_moved_and_left_a_torn_record_is_nowhere(void **state)
{
    (void)state;
    box_unseal(&box.sampler);
    box_owner_cgroup(&box, path, sizeof path);
    assert_string_equal(path, "");
}

/* It called unshare: its paths begin elsewhere since. */
static void path_of_another_namespace_is_none_here(void **state)
{
    (void)state;
    box.sampler.cgroup_namespace++;
    box_seal(&box.sampler, sizeof box.sampler, 2);
    box_owner_cgroup(&box, path, sizeof path);
    assert_string_equal(path, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(cgroup_is_where_it_was_seen_last, start),
        cmocka_unit_test_setup(without_a_sampler_it_is_that_of_the_start,
                               start),
        cmocka_unit_test_setup(who_was_moved_and_left_a_torn_record_is_nowhere,
                               start),
        cmocka_unit_test_setup(path_of_another_namespace_is_none_here, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
