/* From mount tables as the kernel writes them. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/cgroup_place.h"

#define V1   "/sys/fs/cgroup/memory"
#define V2   "/sys/fs/cgroup"
#define LINE "35 31 0:32 "
#define TYPE " rw,relatime shared:3 - cgroup cgroup rw,cpuacct,memory\n"

static char root[64];
static struct cgroup_place place;
static char scratch[CGROUP_LINE_BYTES];

static int make_root(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof root, "/tmp/inquest-place-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -r %s", root);
    return system(command); /* NOLINT(cert-env33-c): a path of our own */
}

static void put(const char *name, const char *text)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s%s", root, name);
    for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        (void)mkdir(path, 0700); /* mostly there already */
        *at = '/';
    }
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_found(int version, const char *directory)
{
    assert_int_equal(place.version, version);
    assert_string_equal(place.directory + strlen(root), directory);
}

static int find(const char *mounts, const char *cgroup)
{
    put("/proc/self/mountinfo", mounts);
    return cgroup_place_find(root, cgroup, scratch, &place);
}

static void whole_hierarchy_shows_the_path(void **state)
{
    (void)state;
    put(V1 "/app/memory.usage_in_bytes", "1");
    assert_int_equal(find(LINE "/ " V1 TYPE, "/app"), 0);
    assert_found(1, V1 "/app");
    assert_int_equal(place.mount_bytes, strlen(root) + strlen(V1));
}

/* Docker with version 1: a mount of its own, no namespace. */
static void root_of_the_mount_is_taken_off(void **state)
{
    (void)state;
    put(V1 "/memory.usage_in_bytes", "1");
    put(V1 "/x/memory.usage_in_bytes", "1");
    assert_int_equal(find(LINE "/docker/c1 " V1 TYPE, "/docker/c1"), 0);
    assert_found(1, V1);
    assert_int_equal(find(LINE "/docker/c1 " V1 TYPE, "/docker/c1/x"), 0);
    assert_found(1, V1 "/x");
    assert_int_equal(find(LINE "/docker/c1 " V1 TYPE, "/docker/c12"), -ENOENT);
    assert_int_equal(find(LINE "/docker/c1 " V1 TYPE, "/docker"), -ENOENT);
}

static void mount_of_the_namespace_outside_is_not_ours(void **state)
{
    (void)state;
    put(V1 "/memory.usage_in_bytes", "1");
    assert_int_equal(find(LINE "/../.. " V1 TYPE, "/"), -ENOENT);
    assert_int_equal(find(LINE "/.. " V1 TYPE, "/x"), -ENOENT);
}

/* Who was moved out of its namespace's root sees "/../there". */
static void
cgroup_outside_of_the_namespace_is_found_where_it_shows(void **state)
{
    (void)state;
    put(V1 "/memory.usage_in_bytes", "1");
    put(V1 "/there/memory.usage_in_bytes", "1");
    assert_int_equal(find(LINE "/ " V1 TYPE, "/../there"), -ENOENT);
    assert_int_equal(find(LINE "/.. " V1 TYPE, "/../there"), 0);
    assert_found(1, V1 "/there");
}

static void last_mount_lies_on_top(void **state)
{
    (void)state;
    put(V1 "/memory.usage_in_bytes", "1");
    assert_int_equal(find(LINE "/../.. " V1 TYPE LINE "/ " V1 TYPE, "/"), 0);
    assert_int_equal(find(LINE "/ " V1 TYPE LINE "/.. " V1 TYPE, "/"), -ENOENT);
    assert_int_equal(
        find(LINE "/ " V1 TYPE LINE "/ " V1 " rw - tmpfs tmpfs rw\n", "/"),
        -ENOENT);
}

static void version_2_is_found_wherever_it_is_mounted(void **state)
{
    (void)state;
    put(V2 "/unified/app/memory.current", "1");
    assert_int_equal(find("1 2 0:3 / " V2 "/cpu rw - cgroup cgroup rw,cpu\n"
                          "1 2 0:3 / " V2 "/unified rw - cgroup2 none rw\n",
                          "/app"),
                     0);
    assert_found(2, V2 "/unified/app");
}

static void hierarchy_without_the_memory_controller_is_none(void **state)
{
    (void)state;
    put(V1 "/memory.usage_in_bytes", "1");
    assert_int_equal(
        find("1 2 0:3 / " V1 " rw - cgroup cgroup rw,memoryless\n", "/"),
        -ENOENT);
    assert_int_equal(find("1 2 0:3 / " V1 " rw - cgroup2 none rw\n", "/"),
                     -ENOENT); /* no memory.current */
}

static void lines_that_are_too_long_or_broken_are_passed_over(void **state)
{
    static char mounts[3 * CGROUP_LINE_BYTES];

    (void)state;
    put(V1 "/memory.usage_in_bytes", "1");
    for (int size = CGROUP_LINE_BYTES - 3; size < CGROUP_LINE_BYTES + 3;
         size++) {
        (void)snprintf(mounts, sizeof mounts, "\n1 2\n%0*d\n" LINE "/ " V1 TYPE,
                       size, 0);
        assert_int_equal(find(mounts, "/"), 0);
        assert_found(1, V1);
    }
}

static void no_cgroup_and_no_table_are_errors(void **state)
{
    (void)state;
    put(V1 "/memory.usage_in_bytes", "1");
    assert_int_equal(cgroup_place_find(root, "/", scratch, &place), -ENOENT);
    assert_int_equal(find(LINE "/ " V1 TYPE, ""), -ENOENT);
    assert_int_equal(find("", "/"), -ENOENT);
}

static void expect_path(int version, const char *path, const char *text)
{
    char found[16] = "before";

    assert_int_equal(cgroup_path_parse(text, strlen(text), found, sizeof found),
                     version);
    assert_string_equal(found, path);
}

static void
path_is_that_of_the_memory_controller_else_of_version_2(void **state)
{
    (void)state;
    expect_path(2, "/a.scope", "0::/a.scope\n");
    expect_path(2, "/a:b", "0::/a:b");
    expect_path(1, "/m", "9:cpu:/c\n4:memory:/m\n0::/u\n");
    expect_path(1, "/m", "0::/u\n4:cpu,memory:/m\n");
    expect_path(2, "/u", "4:memoryx,xmemory:/m\n0::/u\n");
    expect_path(0, "", "1:name=memory:/m\n");
    expect_path(0, "", "");
    expect_path(0, "", "nothing\n4:memory\n\n");
    expect_path(0, "", "0::/a/path/too/long/to/fit\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_hierarchy_shows_the_path),
        TEST(root_of_the_mount_is_taken_off),
        TEST(mount_of_the_namespace_outside_is_not_ours),
        TEST(cgroup_outside_of_the_namespace_is_found_where_it_shows),
        TEST(last_mount_lies_on_top),
        TEST(version_2_is_found_wherever_it_is_mounted),
        TEST(hierarchy_without_the_memory_controller_is_none),
        TEST(lines_that_are_too_long_or_broken_are_passed_over),
        TEST(no_cgroup_and_no_table_are_errors),
        cmocka_unit_test(
            path_is_that_of_the_memory_controller_else_of_version_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
