/*
 * Does a box's process live, and which cgroup was it seen in? Context: tool.
 */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/box.h"
#include "proto/box_place.h"
#include "reporter/watch/box_owner.h"

static struct box box;
static char path[64];
static int box_fd;

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

/* A pid of ours, but of a process that started at another time. */
static int die(void **state)
{
    (void)state;
    memset(&box, 0, sizeof box);
    box.identity.pid = getpid();
    box.identity.start_ticks = 1;
    box_fd = memfd_create("box", MFD_CLOEXEC);
    return box_fd < 0 ? -1 : 0;
}

static int forget(void **state)
{
    (void)state;
    return close(box_fd);
}

static _Noreturn void hold_lock(int told)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char result = fcntl(box_fd, F_SETLK, &whole) == 0 ? 'y' : 'n';

    (void)!write(told, &result, 1);
    for (;;)
        (void)pause();
}

static enum box_owner owner_while_locked(void)
{
    int told[2];
    char result = 0;

    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        hold_lock(told[1]);
    assert_int_equal(read(told[0], &result, 1), 1);
    assert_int_equal(result, 'y');
    enum box_owner owner = box_owner_state(&box, box_fd);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    (void)close(told[0]);
    (void)close(told[1]);
    return owner;
}

static void say_sampled(const struct box_place *place)
{
    box.sampler.place = *place;
    box_seal(&box.sampler, sizeof box.sampler, 1);
}

/* Its pid may be of a namespace that is not known yet. */
static void who_has_just_started_is_told_by_the_lock(void **state)
{
    (void)state;
    assert_int_equal(owner_while_locked(), BOX_OWNER_LIVES);
    assert_int_equal(box_owner_state(&box, box_fd), BOX_OWNER_DEAD);
}

static void pid_counts_in_its_own_namespace_alone(void **state)
{
    struct box_place place;

    (void)state;
    box_place_read(&place);
    assert_true(place.pid_namespace > 0);
    say_sampled(&place);
    assert_int_equal(owner_while_locked(), BOX_OWNER_DEAD);
    place.pid_namespace ^= 1;
    say_sampled(&place);
    assert_int_equal(owner_while_locked(), BOX_OWNER_LIVES);
    assert_int_equal(box_owner_state(&box, box_fd), BOX_OWNER_DEAD);
}

static void boot_may_be_told_by_start_or_sampler(void **state)
{
    struct box_place other;

    (void)state;
    box_place_read(&other);
    assert_int_equal(strlen(other.boot_id), 36);
    other.boot_id[0] ^= 1;
    say_sampled(&other);
    assert_int_equal(box_owner_state(&box, box_fd), BOX_OWNER_RESTARTED);
    box_unseal(&box.sampler);
    assert_int_equal(box_owner_state(&box, box_fd), BOX_OWNER_DEAD);
    box.identity.place = other;
    assert_int_equal(box_owner_state(&box, box_fd), BOX_OWNER_RESTARTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            who_has_just_started_is_told_by_the_lock, die, forget),
        cmocka_unit_test_setup_teardown(pid_counts_in_its_own_namespace_alone,
                                        die, forget),
        cmocka_unit_test_setup_teardown(boot_may_be_told_by_start_or_sampler,
                                        die, forget),
        cmocka_unit_test_setup(cgroup_is_where_it_was_seen_last, start),
        cmocka_unit_test_setup(without_a_sampler_it_is_that_of_the_start,
                               start),
        cmocka_unit_test_setup(who_was_moved_and_left_a_torn_record_is_nowhere,
                               start),
        cmocka_unit_test_setup(path_of_another_namespace_is_none_here, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
