/* handler/box_identity: what a box says of its process at the start, beside
 * what libc and /proc say by other ways. Context: tool. */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "handler/box_identity.h"

#define GROWTH_BYTES (64u << 20)
#define PAGE_BYTES   4096u
#define NS_PER_S     1000000000ull
#define NS_PER_TICK  10000000ull

static struct box box;

static unsigned long statm_rss(void)
{
    unsigned long total = 0;
    unsigned long resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &total, &resident), 2);
    assert_int_equal(fclose(file), 0);
    return resident;
}

static void memory_is_what_is_resident_now(void **state)
{
    struct box_birth before;
    struct box_birth after;

    (void)state;
    box_identity_birth(&before);
    assert_in_range(before.rss_pages, 1, statm_rss() + 1024);
    char *memory = malloc(GROWTH_BYTES);
    assert_non_null(memory);
    memset(memory, 1, GROWTH_BYTES);
    box_identity_birth(&after);
    assert_in_range(after.rss_pages,
                    before.rss_pages + GROWTH_BYTES / PAGE_BYTES - 256,
                    before.rss_pages + GROWTH_BYTES / PAGE_BYTES + 256);
    assert_int_equal(after.start_ticks, before.start_ticks);
    free(memory);
}

/* Field 2 may look like all the others. */
static void a_name_of_brackets_and_blanks_moves_no_field(void **state)
{
    struct box_birth plain;
    struct box_birth odd;
    char name[16];

    (void)state;
    box_identity_birth(&plain);
    assert_true(plain.start_ticks > 0);
    assert_int_equal(prctl(PR_GET_NAME, name), 0);
    assert_int_equal(prctl(PR_SET_NAME, ") R 1 (2 3) 4 "), 0);
    box_identity_birth(&odd);
    assert_int_equal(prctl(PR_SET_NAME, name), 0);
    assert_int_equal(odd.start_ticks, plain.start_ticks);
    assert_in_range(odd.rss_pages, plain.rss_pages / 2, plain.rss_pages * 2);
}

static void first_sample_knows_the_memory_or_says_that_it_does_not(void **state)
{
    (void)state;
    box_identity_sample(&box, 123);
    assert_true(box_sealed(&box.seconds[0], sizeof box.seconds[0]));
    assert_int_equal(box.seconds[0].rss_pages, 123);
    assert_int_equal(box.seconds[0].anon_pages, BOX_UNKNOWN_U32);
    box_identity_sample(&box, 0);
    assert_int_equal(box.seconds[0].rss_pages, BOX_UNKNOWN_U32);
}

static void fill(int supervisor_pid, bool sampled)
{
    static const struct config empty;
    struct config config = empty;
    struct box_file file = {.box = &box, .state_fd = -1, .pid = getpid()};

    memset(&box, 0, sizeof box);
    config.supervisor_pid = supervisor_pid;
    box_identity_fill(&config, sampled, &file);
    assert_true(box_sealed(&box.identity, sizeof box.identity));
}

static void cgroup_is_read_for_a_supervisor_alone(void **state)
{
    struct stat status;

    (void)state;
    fill(0, false);
    assert_string_equal(box.identity.cgroup, "");
    assert_int_equal(box.identity.cgroup_namespace, 0);
    fill(getppid(), false);
    assert_int_equal(stat("/proc/self/ns/cgroup", &status), 0);
    assert_int_equal(box.identity.cgroup_namespace, status.st_ino);
    assert_int_equal(box.identity.cgroup[0], '/');
}

static void place_is_left_to_a_sampler(void **state)
{
    struct stat status;

    (void)state;
    fill(0, false);
    assert_int_equal(stat("/proc/self/ns/pid", &status), 0);
    assert_int_equal(box.identity.place.pid_namespace, status.st_ino);
    assert_int_equal(strlen(box.identity.place.boot_id), 36);
    fill(0, true);
    assert_int_equal(box.identity.place.pid_namespace, 0);
    assert_string_equal(box.identity.place.boot_id, "");
}

/* A fork child's box comes late, an exec'd image's process is older than it. */
static void start_is_that_of_the_process_or_the_image(void **state)
{
    static const struct config empty;
    struct box_file file = {.box = &box, .state_fd = -1, .pid = getpid()};
    const struct box_identity *identity = &box.identity;
    struct timespec now;

    (void)state;
    box_identity_begin();
    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &now), 0);
    uint64_t now_ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
    file.start_ticks = now_ns / NS_PER_TICK - 500;
    box_identity_fill(&empty, true, &file);
    assert_in_range(identity->start_boot_ns, now_ns - NS_PER_S, now_ns);
    file.start_ticks = now_ns / NS_PER_TICK + 1000; /* what cannot be */
    box_identity_fill(&empty, true, &file);
    assert_in_range(identity->start_boot_ns, now_ns, now_ns + 5 * NS_PER_S);
    assert_int_equal(identity->ring_epoch_boot_ns, identity->start_boot_ns);
    assert_int_equal(identity->ring_epoch_unix_ms, identity->start_unix_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_what_is_resident_now),
        cmocka_unit_test(a_name_of_brackets_and_blanks_moves_no_field),
        cmocka_unit_test(
            first_sample_knows_the_memory_or_says_that_it_does_not),
        cmocka_unit_test(cgroup_is_read_for_a_supervisor_alone),
        cmocka_unit_test(place_is_left_to_a_sampler),
        cmocka_unit_test(start_is_that_of_the_process_or_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
