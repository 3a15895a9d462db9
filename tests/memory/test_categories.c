/* smaps to kinds of memory. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handler/dumper/categories.h"

#define PAGE    4096u
#define SKIPPED 77 /* to CTest */

static struct category_parser parser;
static bool scan_skipped;

static int clear(void **state)
{
    (void)state;
    parser = (struct category_parser){0};
    return 0;
}

static void feed(const char *line)
{
    category_line(&parser, line, strlen(line));
}

static void mapping(const char *head, const char *rss)
{
    feed(head);
    feed("Size:                132 kB");
    feed(rss);
}

static void each_kind_has_its_sum(void **state)
{
    (void)state;
    mapping("55d0-55f0 rw-p 00000000 00:00 0                          [heap]",
            "Rss:                 100 kB");
    mapping("7f0000000000-7f0000021000 rw-p 00000000 00:00 0 ",
            "Rss:                  20 kB"); /* an arena of malloc */
    mapping("7f1111111000-7f1111121000 rw-p 00000000 00:00 0 ",
            "Rss:                  30 kB");
    mapping("7ffc0000-7ffd0000 rw-p 00000000 00:00 0           [stack]",
            "Rss:                  12 kB");
    mapping("7f22-7f23 rw-s 00000000 00:01 7            /dev/shm/a",
            "Rss:                   8 kB");
    assert_int_equal(parser.sums.heap, 120 * 1024);
    assert_int_equal(parser.sums.anonymous, 30 * 1024);
    assert_int_equal(parser.sums.stack, 12 * 1024);
    assert_int_equal(parser.sums.shared, 8 * 1024);
}

static void written_pages_of_a_file_are_anonymous(void **state)
{
    (void)state;
    mapping("7f22-7f23 rw-p 00000000 08:01 7            /usr/lib/libc.so.6",
            "Rss:                  16 kB");
    feed("Pss:                   5 kB");
    feed("Private_Dirty:         8 kB");
    feed("Anonymous:             8 kB");
    assert_int_equal(parser.sums.file, 8 * 1024);
    assert_int_equal(parser.sums.anonymous, 8 * 1024);
    assert_int_equal(parser.sums.proportional, 5 * 1024);
    assert_int_equal(parser.sums.private_bytes, 8 * 1024);
}

static void a_stopped_thread_marks_its_stack(void **state)
{
    struct target_thread thread = {.stopped = true};
    struct target target = {.threads = &thread, .thread_count = 1};

    (void)state;
    thread.registers[TARGET_RSP] = 0x7f1111112000;
    parser.target = &target;
    mapping("7f1111111000-7f1111121000 rw-p 00000000 00:00 0 ",
            "Rss:                  30 kB");
    assert_int_equal(parser.sums.stack, 30 * 1024);
}

static void nonsense_is_counted_nowhere(void **state)
{
    (void)state;
    feed("Rss:                  16 kB"); /* before any mapping */
    feed("");
    feed("zz-zz");
    feed("55d0-");
    assert_int_equal(parser.sums.anonymous, 0);
}

static void figures_that_are_none_count_nothing(void **state)
{
    static const char *const figures[] = {
        "Rss:", "Pss:", "Private_Clean:", "Private_Dirty:", "Anonymous:"};
    char line[64];

    (void)state;
    feed("7f22-7f23 rw-p 00000000 08:01 7            /usr/lib/libc.so.6");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        feed(figures[i]);
        (void)snprintf(line, sizeof line, "%s  ", figures[i]);
        feed(line);
        (void)snprintf(line, sizeof line, "%s x kB", figures[i]);
        feed(line);
    }
    feed("Rss:   8 kB");
    feed("Anonymous:   9 kB"); /* more than there is */
    assert_int_equal(parser.sums.file, 0);
    assert_int_equal(parser.sums.anonymous, 9 * 1024);
    assert_int_equal(parser.sums.proportional, 0);
    assert_int_equal(parser.sums.private_bytes, 0);
}

static void shared_memory_is_known_by_its_name(void **state)
{
    static const char *const names[] = {"/dev/shm/a", "/memfd:a (deleted)",
                                        "/SYSV00000000 (deleted)",
                                        "/dev/zero (deleted)"};
    char line[128];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(line, sizeof line, "7f22-7f23 rw-p 0 00:01 7 %s",
                       names[i]);
        mapping(line, "Rss: 4 kB");
        assert_int_equal(parser.sums.shared, (i + 1) * 4 * 1024);
    }
}

/* A zombie's files are there, and empty. */
static void process_without_memory_has_no_sums(void **state)
{
    struct category_sums sums;
    siginfo_t info;

    (void)state;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(categories_smaps(target_open(pid, pid), &sums), -ESRCH);
    assert_true(categories_scan(target_open(pid, pid), &sums) < 0);
    (void)waitpid(pid, NULL, 0);
    assert_int_equal(categories_smaps(target_open(pid, pid), &sums), -ENOENT);
    assert_int_equal(categories_scan(target_open(pid, pid), &sums), -ENOENT);
}

/* It has a page of each kind, and a written page of a file's. */
static void hold_memory(int tell_fd)
{
    uint8_t *anonymous = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint8_t *shared = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    uint8_t *file =
        mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    if (anonymous == MAP_FAILED || shared == MAP_FAILED || file == MAP_FAILED)
        _exit(1);
    for (size_t i = 0; i < 64; i += 2)
        anonymous[i * PAGE] = 1;
    DROP(*(volatile uint8_t *)(anonymous + PAGE)); /* the zero page */
    memset(shared, 1, 3 * PAGE);
    DROP(*(volatile uint8_t *)file);
    file[PAGE] = 1;
    if (write(tell_fd, "", 1) == 1)
        (void)pause();
    _exit(0);
}

static uint64_t rss_of(const struct category_sums *sums)
{
    return sums->heap + sums->stack + sums->file + sums->shared +
           sums->anonymous;
}

static void the_page_tables_say_what_smaps_says(void **state)
{
    struct category_sums by_scan;
    struct category_sums by_smaps;
    int tell[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(tell), 0);
    pid_t pid = fork();
    assert_int_not_equal(pid, -1);
    if (pid == 0)
        hold_memory(tell[1]);
    ssize_t told = read(tell[0], &byte, 1);
    struct target *target = target_open(pid, pid);
    target_read_mappings(target);
    int scanned = categories_scan(target, &by_scan);
    int read_smaps = categories_smaps(target, &by_smaps);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    (void)close(tell[0]);
    (void)close(tell[1]);
    assert_int_equal(told, 1);
    assert_int_equal(read_smaps, 0);
    if (scanned == -ENOTTY) {
        print_message("SKIPPED: this kernel has no PAGEMAP_SCAN\n");
        scan_skipped = true;
        return;
    }
    assert_int_equal(scanned, 0);
    assert_true(by_smaps.anonymous >= 33 * PAGE);
    assert_true(by_smaps.shared >= 3 * PAGE);
    /* What is whose share changes with each process that maps our libraries,
     * from one reading to the next. */
    assert_in_range(by_scan.proportional, 33 * PAGE, rss_of(&by_scan));
    assert_in_range(by_scan.private_bytes, 33 * PAGE, rss_of(&by_scan));
    by_scan.proportional = by_smaps.proportional;
    by_scan.private_bytes = by_smaps.private_bytes;
    assert_memory_equal(&by_scan, &by_smaps, sizeof by_scan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_kind_has_its_sum, clear),
        cmocka_unit_test_setup(written_pages_of_a_file_are_anonymous, clear),
        cmocka_unit_test_setup(a_stopped_thread_marks_its_stack, clear),
        cmocka_unit_test_setup(nonsense_is_counted_nowhere, clear),
        cmocka_unit_test_setup(figures_that_are_none_count_nothing, clear),
        cmocka_unit_test_setup(shared_memory_is_known_by_its_name, clear),
        cmocka_unit_test_setup(process_without_memory_has_no_sums, clear),
        cmocka_unit_test(the_page_tables_say_what_smaps_says),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    return failed == 0 && scan_skipped ? SKIPPED : failed;
}
