/* Whether our thread is root and the program not any more. Context: tool. */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handler/sampler/kept_root.h"
#include "handler/sampler/process_stats.h"
#include "proto/base/fd.h"

#define NOBODY   65534
#define NOT_HERE 77

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

static void put(const char *path, const char *text)
{
    OWNED_FD fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        _exit(NOT_HERE);
}

/* As a container without root is made, by who is none outside and root inside.
 * In a child: returns the status that it ends with. */
static int look_in_user_namespace(void)
{
    static char text[PROC_FILE_TEXT_BYTES];
    struct process_stats process = {0};
    struct box_sampler known = {0};
    struct box_sample sample = {0};
    char map[32];

    if (getuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0)
        return NOT_HERE;
    (void)snprintf(map, sizeof map, "0 %u 1", getuid());
    (void)prctl(PR_SET_DUMPABLE, 1);
    process_stats_open(&process, "");
    if (unshare(CLONE_NEWUSER) != 0)
        return NOT_HERE;
    put("/proc/self/uid_map", map);
    process_stats_status(&process, text, &known, &sample);
    return process.kept_root || getuid() != 0;
}

static void it_is_root_in_a_namespace_of_its_own(void **state)
{
    int status = 0;

    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(look_in_user_namespace());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_HERE)
        skip(); /* user namespaces are switched off */
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_was_given_up),
        cmocka_unit_test(it_may_be_root_again),
        cmocka_unit_test(ours_is_not_root),
        cmocka_unit_test(nothing_is_known),
        cmocka_unit_test(it_is_root_in_a_namespace_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
