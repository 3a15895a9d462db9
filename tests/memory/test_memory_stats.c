/* The sampler's sources, from recorded files. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handler/sampler/memory_stats.h"

#define APP_SLICE_KILLS 2 /* recorded, with those below it */

static struct memory_stats stats;
static struct box_sample sample;

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void *wait_for_held(void *unused)
{
    (void)pthread_mutex_lock(&held);
    (void)pthread_mutex_unlock(&held);
    return unused;
}

static void read_all(const char *root, const char *cgroup)
{
    memory_stats_open(&stats, root, cgroup);
    memory_stats_read(&stats, true, &sample);
}

static int close_stats(void **state)
{
    (void)state;
    memory_stats_close(&stats);
    return 0;
}

static void figures_of_the_process_are_read(void **state)
{
    (void)state;
    read_all(RECORDED "/v2", "/app.slice/app.scope");
    assert_int_equal(sample.rss_pages, 12000);
    assert_int_equal(sample.anon_pages, 10000);
    assert_int_equal(sample.swap_pages, 512);
    assert_int_equal(sample.threads, 5);
    assert_true(sample.flags & BOX_SAMPLE_TRACED);
    assert_string_equal(stats.known.name, "a) b");
    assert_int_equal(stats.known.anon_bytes, 40000 * 1024);
    assert_int_equal(stats.known.system_oom_kills_start, 3);
}

static void v2_takes_the_smallest_limit_of_the_ancestors(void **state)
{
    (void)state;
    read_all(RECORDED "/v2", "/app.slice/app.scope");
    assert_int_equal(stats.group.version, 2);
    assert_int_equal(sample.cgroup_limit_pages, 300 << 8);
    assert_int_equal(sample.cgroup_current_pages, 240 << 8);
    assert_int_equal(stats.reclaimable_pages, 2048 + 1024);
    assert_non_null(strstr(stats.known.limiting_cgroup, "/app.slice"));
    assert_null(strstr(stats.known.limiting_cgroup, "/app.scope"));
}

static void alarm_sees_use_without_file_cache(void **state)
{
    struct alarm_sample alarm;

    (void)state;
    read_all(RECORDED "/v2", "/app.slice/app.scope");
    stats.machine_pages = 1 << 20;
    memory_stats_alarm(&stats, &sample, &alarm);
    assert_int_equal(alarm.own_pages, 10000 + 512);
    assert_int_equal(alarm.limit_pages, 300 << 8);
    assert_int_equal(alarm.used_pages, (240 << 8) - 2048 - 1024);
    assert_int_equal(alarm.pressure_limit_pages, 300 << 8);
    stats.machine_pages = 200 << 8; /* smaller than the cgroup may grow */
    memory_stats_alarm(&stats, &sample, &alarm);
    assert_int_equal(alarm.limit_pages, 200 << 8);
    assert_int_equal(alarm.used_pages, alarm.own_pages);
}

static void v2_counts_kills_where_the_process_is(void **state)
{
    (void)state;
    read_all(RECORDED "/v2", "/app.slice/app.scope");
    assert_int_equal(stats.known.oom_kills, 1);
    assert_int_equal(stats.limit_events, 13);
}

static void v2_pressure_is_that_of_the_cgroup(void **state)
{
    (void)state;
    read_all(RECORDED "/v2", "/app.slice/app.scope");
    assert_int_equal(sample.pressure_some_permille, 123);
    assert_int_equal(sample.pressure_full_permille, 56);
    assert_int_equal(stats.pressure.stalled_us, 777000);
}

static void v1_without_pressure_says_so_and_reads_the_rest(void **state)
{
    (void)state;
    read_all(RECORDED "/v1", "/docker/web");
    assert_int_equal(stats.group.version, 1);
    assert_int_equal(sample.cgroup_limit_pages, 128 << 8);
    assert_int_equal(sample.cgroup_current_pages, 64 << 8);
    assert_int_equal(stats.known.oom_kills, 6);
    assert_int_equal(stats.limit_events, 17);
    assert_int_equal(stats.reclaimable_pages, 1024);
    assert_int_equal(sample.pressure_some_permille, BOX_UNKNOWN_U16);
    assert_int_equal(stats.known.error[BOX_SOURCE_PRESSURE], ENOENT);
    assert_int_equal(stats.known.error[BOX_SOURCE_CGROUP], 0);
}

static void cgroup_that_no_mount_shows_is_unknown(void **state)
{
    (void)state;
    read_all(RECORDED "/v1", "/kubepods/pod7/c1");
    assert_int_equal(stats.group.version, 0);
    assert_int_equal(sample.cgroup_current_pages, BOX_UNKNOWN_U32);
    assert_int_equal(sample.cgroup_limit_pages, BOX_UNKNOWN_U32);
    assert_int_equal(stats.known.error[BOX_SOURCE_CGROUP], ENOENT);
    assert_int_equal(stats.known.error[BOX_SOURCE_CGROUP_KILLS], ENOENT);
}

static void nothing_at_all_is_unknown_but_never_fatal(void **state)
{
    (void)state;
    read_all(RECORDED "/nowhere", "/");
    assert_int_equal(sample.rss_pages, BOX_UNKNOWN_U32);
    assert_int_equal(sample.cgroup_current_pages, BOX_UNKNOWN_U32);
    assert_int_equal(stats.known.error[BOX_SOURCE_STATM], ENOENT);
    assert_int_equal(stats.known.error[BOX_SOURCE_CGROUP], ENOENT);
    assert_int_equal(stats.known.error[BOX_SOURCE_NETWORK], 0);
}

static void second_sample_counts_from_the_first(void **state)
{
    (void)state;
    read_all(RECORDED "/v2", "/app.slice/app.scope");
    assert_int_equal(sample.minor_faults, 0);
    stats.oom_kills -= 1;
    memory_stats_read(&stats, false, &sample);
    assert_int_equal(sample.cgroup_oom_kill_events, 1);
    assert_int_equal(sample.swap_pages, BOX_UNKNOWN_U32);
}

/* A program that closes everything and reuses the number for its own file. */
static void descriptor_that_the_program_took_is_not_closed(void **state)
{
    (void)state;
    read_all(RECORDED "/v2", "/app.slice/app.scope");
    int number = stats.process.statm.fd;
    int own = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(dup2(own, number), number);
    memory_stats_read(&stats, true, &sample);
    assert_int_not_equal(stats.process.statm.fd, number);
    assert_int_equal(sample.rss_pages, 12000);
    memory_stats_close(&stats);
    assert_int_equal(fcntl(number, F_GETFD) >= 0, 1);
    (void)close(number);
    (void)close(own);
}

static void usage_is_read_only_when_granted(void **state)
{
    (void)state;
    read_all(RECORDED "/v2", "/app.slice/app.scope");
    memory_stats_read(&stats, false, &sample);
    assert_int_equal(sample.cpu_permille, BOX_UNKNOWN_U16);
    assert_int_equal(stats.usage.cpu_ms, 0);
    usage_stats_grant(&stats.usage, RECORDED "/v2", true);
    memory_stats_read(&stats, false, &sample);
    assert_true(stats.usage.cpu_before_at_ms > 0);
}

static void faults_and_cpu_time_are_what_the_kernel_counted_since(void **state)
{
    struct process_stats process = {.minor_faults = UINT64_MAX,
                                    .major_faults = UINT64_MAX};
    struct usage_stats usage = {.granted = true};
    struct rusage used = {.ru_utime = {2, 500000},
                          .ru_stime = {0, 499999},
                          .ru_minflt = 100,
                          .ru_majflt = 3};

    (void)state;
    process_stats_used(&process, &usage, &used, &sample);
    assert_int_equal(sample.minor_faults, 0);
    assert_int_equal(sample.cpu_permille, BOX_UNKNOWN_U16);
    assert_int_equal(usage.cpu_ms, 2999);
    used.ru_minflt += 40;
    used.ru_majflt += 70000;
    process_stats_used(&process, &usage, &used, &sample);
    assert_int_equal(sample.minor_faults, 40);
    assert_int_equal(sample.major_faults, BOX_UNKNOWN_U16);
}

/* Whatever else runs here holds neither threads nor descriptors of ours. */
static void
threads_and_descriptors_are_counted_without_their_lists(void **state)
{
    (void)state;
    read_all("", "");
    assert_true(stats.process.tasks_count);
    int more[3];
    uint16_t before = sample.fds;
    for (int i = 0; i < 3; i++)
        more[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pthread_t thread;
    pthread_mutex_lock(&held);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_held, NULL), 0);
    memory_stats_read(&stats, false, &sample);
    pthread_mutex_unlock(&held);
    (void)pthread_join(thread, NULL);
    for (int i = 0; i < 3; i++)
        (void)close(more[i]);
    if (stats.known.error[BOX_SOURCE_DESCRIPTORS] == 0)
        assert_int_equal(sample.fds, before + 3);
    assert_int_equal(sample.threads, 2);
    assert_int_equal(stats.process.minor_faults != UINT64_MAX, 1);
}

/* A root of its own with the recorded files, but for where the process is. */
static void make_movable_root(const char *directory, char *root, size_t size)
{
    char path[SUPPORT_PATH_BYTES + 64];

    (void)snprintf(root, size, "%s", directory);
    (void)snprintf(path, sizeof path, "%s/sys", directory);
    assert_int_equal(symlink(RECORDED "/v2/sys", path), 0);
    (void)snprintf(path, sizeof path, "%s/proc", directory);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/proc/self", directory);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/proc/self/mountinfo", directory);
    assert_int_equal(symlink(RECORDED "/v2/proc/self/mountinfo", path), 0);
}

/* As the kernel would: the file stays the same. */
static void move_to(const char *root, const char *line)
{
    char path[SUPPORT_PATH_BYTES + 64];

    (void)snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(line, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void who_was_moved_is_counted_anew_where_it_is(void **state)
{
    char root[SUPPORT_PATH_BYTES];

    make_movable_root(*state, root, sizeof root);
    move_to(root, "0::/app.slice/app.scope\n");
    read_all(root, "/app.slice/app.scope");
    assert_int_equal(stats.cgroup_moves, 0);
    assert_int_equal(stats.known.oom_kills_start, 1);
    move_to(root, "0::/app.slice\n");
    memory_stats_read(&stats, false, &sample);
    assert_int_equal(stats.cgroup_moves, 0); /* the slow ones look */
    memory_stats_read(&stats, true, &sample);
    assert_int_equal(stats.cgroup_moves, 1);
    assert_string_equal(stats.known.cgroup, "/app.slice");
    assert_int_equal(stats.known.oom_kills_start, APP_SLICE_KILLS);
    assert_int_equal(stats.known.oom_kills, APP_SLICE_KILLS);
    assert_int_equal(sample.cgroup_oom_kill_events, 0);
    assert_int_equal(sample.cgroup_limit_events, 0);
    memory_stats_read(&stats, true, &sample);
    assert_int_equal(stats.cgroup_moves, 1);
    move_to(root, "0::/elsewhere\n"); /* which no mount shows */
    memory_stats_read(&stats, true, &sample);
    assert_int_equal(stats.cgroup_moves, 2);
    assert_int_equal(stats.known.oom_kills, BOX_UNKNOWN_U64);
    assert_int_equal(stats.known.oom_kills_start, BOX_UNKNOWN_U64);
    assert_int_equal(sample.cgroup_current_pages, BOX_UNKNOWN_U32);
    assert_int_equal(sample.cgroup_limit_pages, BOX_UNKNOWN_U32);
}

static void who_brings_no_cgroup_is_where_it_is_now(void **state)
{
    char root[SUPPORT_PATH_BYTES];

    make_movable_root(*state, root, sizeof root);
    move_to(root, "0::/app.slice\n");
    read_all(root, "");
    assert_int_equal(stats.cgroup_moves, 0);
    assert_string_equal(stats.known.cgroup, "/app.slice");
    assert_int_equal(stats.known.oom_kills_start, APP_SLICE_KILLS);
    move_to(root, "0::/app.slice/app.scope\n");
    memory_stats_read(&stats, true, &sample);
    assert_int_equal(stats.cgroup_moves, 1);
    read_all(RECORDED "/nowhere", "");
    assert_string_equal(stats.known.cgroup, "");
    assert_int_equal(stats.known.oom_kills_start, BOX_UNKNOWN_U64);
}

static void where_it_is_cannot_be_read_keeps_the_cgroup(void **state)
{
    (void)state;
    read_all(RECORDED "/v2", "/app.slice/app.scope");
    memory_stats_read(&stats, true, &sample);
    assert_int_equal(stats.cgroup_moves, 0);
    assert_string_equal(stats.known.cgroup, "/app.slice/app.scope");
    assert_int_equal(stats.known.oom_kills, 1);
}

static int close_and_remove(void **state)
{
    (void)close_stats(state);
    return support_directory_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(figures_of_the_process_are_read, close_stats),
        cmocka_unit_test_teardown(v2_takes_the_smallest_limit_of_the_ancestors,
                                  close_stats),
        cmocka_unit_test_teardown(alarm_sees_use_without_file_cache,
                                  close_stats),
        cmocka_unit_test_teardown(v2_counts_kills_where_the_process_is,
                                  close_stats),
        cmocka_unit_test_teardown(v2_pressure_is_that_of_the_cgroup,
                                  close_stats),
        cmocka_unit_test_teardown(
            v1_without_pressure_says_so_and_reads_the_rest, close_stats),
        cmocka_unit_test_teardown(cgroup_that_no_mount_shows_is_unknown,
                                  close_stats),
        cmocka_unit_test_teardown(nothing_at_all_is_unknown_but_never_fatal,
                                  close_stats),
        cmocka_unit_test_teardown(second_sample_counts_from_the_first,
                                  close_stats),
        cmocka_unit_test_teardown(
            descriptor_that_the_program_took_is_not_closed, close_stats),
        cmocka_unit_test_teardown(usage_is_read_only_when_granted, close_stats),
        cmocka_unit_test_setup_teardown(
            who_was_moved_is_counted_anew_where_it_is, support_directory_make,
            close_and_remove),
        cmocka_unit_test_setup_teardown(who_brings_no_cgroup_is_where_it_is_now,
                                        support_directory_make,
                                        close_and_remove),
        cmocka_unit_test_teardown(where_it_is_cannot_be_read_keeps_the_cgroup,
                                  close_stats),
        cmocka_unit_test(faults_and_cpu_time_are_what_the_kernel_counted_since),
        cmocka_unit_test_teardown(
            threads_and_descriptors_are_counted_without_their_lists,
            close_stats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
