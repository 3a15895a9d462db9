/*
 * What root opens, and where, in a directory of somebody else's; as root, for
 * it takes two users. Context: tool.
 */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/state_dir.h"
#include "proto/state_open.h"
#include "proto/state_way.h"

#define OWNER 65534 /* nobody */

static int open_owners(void **state)
{
    int fd = open(*state, O_RDONLY | O_DIRECTORY);

    if (geteuid() != 0)
        skip();
    assert_true(fd >= 0);
    assert_int_equal(fchown(fd, OWNER, OWNER), 0);
    return fd;
}

static void put(int dir_fd, const char *name, uid_t owner, mode_t mode)
{
    OWNED_FD fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL, mode);

    assert_true(fd >= 0);
    assert_int_equal(fchown(fd, owner, owner), 0);
}

static void put_directory(int dir_fd, const char *name, uid_t owner)
{
    assert_int_equal(mkdirat(dir_fd, name, 0755), 0);
    assert_int_equal(fchownat(dir_fd, name, owner, owner, 0), 0);
}

static void what_is_made_is_the_owners(void **state)
{
    struct stat status;
    OWNED_FD dir = open_owners(state);
    OWNED_FD fd = state_open(dir, "new", O_RDWR | O_CREAT);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_uid, OWNER);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void root_is_root_again(void **state)
{
    struct stat status;
    OWNED_FD dir = open_owners(state);

    put(dir, "roots", 0, 0600);
    assert_int_equal(state_open(dir, "roots", O_RDWR), -EACCES);
    OWNED_FD fd = openat(dir, "roots", O_RDWR);
    assert_true(fd >= 0);
    OWNED_FD other = openat(dir, "other", O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(other >= 0);
    assert_int_equal(fstat(other, &status), 0);
    assert_int_equal(status.st_uid, 0);
    assert_int_equal(status.st_gid, getegid());
}

static void what_is_no_file_of_the_owners_is_refused(void **state)
{
    OWNED_FD dir = open_owners(state);

    put(dir, "one", 0, 0644); /* kept where not all come */
    assert_int_equal(linkat(dir, "one", dir, "two", 0), 0);
    assert_int_equal(mkfifoat(dir, "pipe", 0600), 0);
    assert_int_equal(fchownat(dir, "pipe", OWNER, OWNER, 0), 0);
    assert_int_equal(symlinkat("/etc/passwd", dir, "link"), 0);
    assert_int_equal(state_open(dir, "one", O_RDONLY), -EPERM);
    assert_int_equal(state_open(dir, "pipe", O_RDONLY), -EPERM);
    assert_int_equal(state_open(dir, "link", O_RDONLY), -ELOOP);
    assert_int_equal(state_open(dir, "none", O_RDONLY), -ENOENT);
}

/* Opens DIRECTORY/tail as root does, making what is missing. */
static int way(void **state, const char *tail)
{
    char path[STATE_PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s", (const char *)*state, tail);
    int fd = state_way_open(path, true);
    if (fd < 0)
        return fd;
    (void)close(fd);
    return 0;
}

static void no_way_leads_through_anothers_link(void **state)
{
    OWNED_FD dir = open_owners(state);

    put_directory(dir, "real", 0);
    assert_int_equal(symlinkat("real", dir, "link"), 0);
    assert_int_equal(way(state, "link/new"), -EPERM); /* whosever link */
    put_directory(dir, "his", OWNER);
    assert_int_equal(way(state, "his/../real"), -EPERM); /* he may move it */
    assert_int_equal(way(state, "real/../real"), 0);
    assert_int_equal(faccessat(dir, "real/new", F_OK, 0), -1);
    assert_int_equal(way(state, "real/new//deep/"), 0);
    /* In root's own directory it is root's own link that counts. */
    assert_int_equal(symlinkat("..", dir, "real/back"), 0);
    assert_int_equal(way(state, "real/back/real"), 0);
    assert_int_equal(
        fchownat(dir, "real/back", OWNER, OWNER, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(way(state, "real/back/real"), -EPERM);
}

static void links_in_a_circle_end(void **state)
{
    OWNED_FD dir = open_owners(state);

    put_directory(dir, "real", 0);
    assert_int_equal(symlinkat("two", dir, "real/one"), 0);
    assert_int_equal(symlinkat("one", dir, "real/two"), 0);
    assert_int_equal(way(state, "real/one/state"), -ELOOP);
}

static void what_is_made_belongs_to_whom_the_directory_does(void **state)
{
    struct stat status;
    OWNED_FD dir = open_owners(state);

    assert_int_equal(way(state, "one/two"), 0);
    assert_int_equal(fstatat(dir, "one/two", &status, 0), 0);
    assert_int_equal(status.st_uid, OWNER);
    assert_int_equal(status.st_mode & 07777, 0700);
}

#define DIRECTORY_TEST(test)                                      \
    cmocka_unit_test_setup_teardown(test, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIRECTORY_TEST(what_is_made_is_the_owners),
        DIRECTORY_TEST(root_is_root_again),
        DIRECTORY_TEST(what_is_no_file_of_the_owners_is_refused),
        DIRECTORY_TEST(no_way_leads_through_anothers_link),
        DIRECTORY_TEST(links_in_a_circle_end),
        DIRECTORY_TEST(what_is_made_belongs_to_whom_the_directory_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
