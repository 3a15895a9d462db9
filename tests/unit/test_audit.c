/*
 * The audit log: whatever is done to the file afterwards shows, and goes on
 * showing. Context: tool.
 */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/audit_files.h"

#define LINES     5
#define LOG_BYTES 4096

/* A log of LINES lines, as it was written. */
struct log {
    int dir_fd;
    char text[LOG_BYTES];
    size_t size;
};

static void append(int dir_fd, const char *detail)
{
    assert_int_equal(audit_append(dir_fd, "sent", detail), 0);
}

static size_t load(int dir_fd, const char *name, char *text, size_t capacity)
{
    OWNED_FD fd = openat(dir_fd, name, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t size = read(fd, text, capacity);
    assert_true(size > 0 && (size_t)size < capacity);
    return (size_t)size;
}

static void put_file(int dir_fd, const char *name, const char *text,
                     size_t size)
{
    OWNED_FD fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), (ssize_t)size);
}

static void put(const struct log *log, const char *text, size_t size)
{
    put_file(log->dir_fd, AUDIT_FILE, text, size);
}

static void make(void **state, struct log *log)
{
    char detail[32];

    log->dir_fd = open(*state, O_RDONLY | O_DIRECTORY);
    assert_true(log->dir_fd >= 0);
    for (int i = 0; i < LINES; i++) {
        snprintf(detail, sizeof detail, "report-%d bytes=%d", i, 100 * i);
        append(log->dir_fd, detail);
    }
    log->size = load(log->dir_fd, AUDIT_FILE, log->text, sizeof log->text);
}

static int verify(const struct log *log)
{
    uint64_t lines = 0;

    return audit_verify(log->dir_fd, &lines);
}

/* Where line number index begins; index LINES: the end. */
static size_t line_begin(const struct log *log, int index)
{
    const char *at = log->text;

    for (int i = 0; i < index; i++)
        at = (const char *)memchr(at, '\n', LOG_BYTES) + 1;
    return (size_t)(at - log->text);
}

static void an_untouched_log_is_whole(void **state)
{
    struct log log;
    uint64_t lines = 0;

    make(state, &log);
    assert_int_equal(audit_verify(log.dir_fd, &lines), 0);
    assert_int_equal(lines, LINES);
    (void)close(log.dir_fd);
}

static void no_log_is_whole(void **state)
{
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);
    uint64_t lines = 1;

    assert_int_equal(audit_verify(fd, &lines), 0);
    assert_int_equal(lines, 0);
}

static void every_changed_byte_shows(void **state)
{
    static const char flips[] = {1, 2, 4, 8, 16, 32, 64, (char)0x80};
    struct log log;

    make(state, &log);
    OWNED_FD fd = openat(log.dir_fd, AUDIT_FILE, O_WRONLY);
    for (size_t i = 0; i < log.size; i++) {
        const char bytes[] = {(char)(log.text[i] ^ flips[i % sizeof flips]),
                              log.text[i] == '\n' ? ' ' : '\n', '\0'};
        for (size_t j = 0; j < sizeof bytes; j++) {
            assert_int_equal(pwrite(fd, &bytes[j], 1, (off_t)i), 1);
            assert_int_equal(verify(&log), -ERR_TORN);
        }
        assert_int_equal(pwrite(fd, &log.text[i], 1, (off_t)i), 1);
    }
    assert_int_equal(verify(&log), 0);
    (void)close(log.dir_fd);
}

static void every_cut_shows(void **state)
{
    struct log log;

    make(state, &log);
    for (size_t size = 0; size < log.size; size++) {
        put(&log, log.text, size);
        assert_int_equal(verify(&log), -ERR_TORN);
    }
    assert_int_equal(unlinkat(log.dir_fd, AUDIT_FILE, 0), 0);
    assert_int_equal(verify(&log), -ERR_TORN);
    (void)close(log.dir_fd);
}

static void a_missing_line_shows(void **state)
{
    struct log log;
    char text[LOG_BYTES];

    make(state, &log);
    for (int i = 0; i < LINES; i++) {
        size_t begin = line_begin(&log, i);
        size_t end = line_begin(&log, i + 1);
        memcpy(text, log.text, begin);
        memcpy(text + begin, log.text + end, log.size - end);
        put(&log, text, log.size - (end - begin));
        assert_int_equal(verify(&log), -ERR_TORN);
    }
    (void)close(log.dir_fd);
}

static void a_line_twice_or_in_another_place_shows(void **state)
{
    struct log log;
    char text[LOG_BYTES];

    make(state, &log);
    for (int i = 0; i + 1 < LINES; i++) {
        size_t first = line_begin(&log, i);
        size_t second = line_begin(&log, i + 1);
        size_t end = line_begin(&log, i + 2);
        memcpy(text, log.text, log.size);
        memcpy(text + first, log.text + second, end - second);
        memcpy(text + first + (end - second), log.text + first, second - first);
        put(&log, text, log.size);
        assert_int_equal(verify(&log), -ERR_TORN);
        memcpy(text, log.text, second);
        memcpy(text + second, log.text + first, log.size - first);
        put(&log, text, log.size + (second - first));
        assert_int_equal(verify(&log), -ERR_TORN);
    }
    (void)close(log.dir_fd);
}

static void what_was_cut_off_is_missed_after_further_lines_too(void **state)
{
    struct log log;

    make(state, &log);
    for (int kept = 0; kept < LINES; kept++) {
        put(&log, log.text, line_begin(&log, kept));
        append(log.dir_fd, "later");
        append(log.dir_fd, "still later");
        assert_int_equal(verify(&log), -ERR_TORN);
    }
    (void)close(log.dir_fd);
}

static void a_removed_head_shows_and_goes_on_showing(void **state)
{
    struct log log;

    make(state, &log);
    assert_int_equal(unlinkat(log.dir_fd, AUDIT_HEAD, 0), 0);
    assert_int_equal(verify(&log), -ERR_TORN);
    append(log.dir_fd, "later");
    assert_int_equal(verify(&log), -ERR_TORN);
    (void)close(log.dir_fd);
}

/* Power loss between the line and the head, or in the middle of a line. */
static void a_write_that_was_cut_short_is_no_change(void **state)
{
    struct log log;
    char head[LOG_BYTES];
    char text[LOG_BYTES];

    make(state, &log);
    size_t head_size = load(log.dir_fd, AUDIT_HEAD, head, sizeof head);
    append(log.dir_fd, "never acknowledged");
    size_t size = load(log.dir_fd, AUDIT_FILE, text, sizeof text);
    for (size_t kept = log.size; kept < size; kept += 7) {
        put_file(log.dir_fd, AUDIT_HEAD, head, head_size);
        put(&log, text, kept);
        assert_int_equal(verify(&log), 0);
        append(log.dir_fd, "the next");
        assert_int_equal(verify(&log), 0);
    }
    put(&log, text, size);
    put_file(log.dir_fd, AUDIT_HEAD, head, head_size);
    assert_int_equal(verify(&log), 0);
    (void)close(log.dir_fd);
}

static void a_detail_that_is_too_long_is_cut_and_the_chain_goes_on(void **state)
{
    struct log log;
    char detail[3 * AUDIT_LINE_MAX];

    make(state, &log);
    memset(detail, 'x', sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    append(log.dir_fd, detail);
    append(log.dir_fd, "short again");
    assert_int_equal(verify(&log), 0);
    size_t size = load(log.dir_fd, AUDIT_FILE, log.text, sizeof log.text);
    assert_true(size < log.size + 2 * AUDIT_LINE_MAX);
    (void)close(log.dir_fd);
}

static void after_a_line_of_somebody_elses_it_is_never_whole_again(void **state)
{
    struct log log;

    make(state, &log);
    memcpy(log.text + log.size, "I was here\n", sizeof "I was here\n");
    put(&log, log.text, log.size + strlen("I was here\n"));
    assert_int_equal(verify(&log), -ERR_TORN);
    append(log.dir_fd, "later");
    assert_int_equal(verify(&log), -ERR_TORN);
    (void)close(log.dir_fd);
}

static void a_log_that_is_no_file_takes_and_proves_nothing(void **state)
{
    uint64_t lines = 0;
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

    assert_int_equal(symlinkat("elsewhere", fd, AUDIT_FILE), 0);
    assert_int_equal(audit_append(fd, "sent", "one"), -ELOOP);
    assert_int_equal(audit_verify(fd, &lines), -ERR_TORN);
    assert_int_equal(faccessat(fd, "elsewhere", F_OK, 0), -1);
}

#define BATCH 64

/* Lines of the greatest length until the file that is written to is another
 * one so many times. */
static void fill(int dir_fd, unsigned rotations)
{
    char detail[AUDIT_LINE_MAX];
    const char *details[BATCH];
    struct audit_files files = {0};

    assert_int_equal(audit_files_list(dir_fd, &files), 0);
    uint64_t newest = files.count > 0 ? files.last[files.count - 1] : 0;
    memset(detail, 'x', sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    for (size_t i = 0; i < BATCH; i++)
        details[i] = detail;
    while (rotations > 0) {
        assert_int_equal(audit_append_all(dir_fd, "sent", details, BATCH), 0);
        assert_int_equal(audit_files_list(dir_fd, &files), 0);
        uint64_t last = files.count > 0 ? files.last[files.count - 1] : 0;
        rotations -= last != newest;
        newest = last;
    }
}

static off_t size_of(int dir_fd, const char *name)
{
    struct stat status;

    assert_int_equal(fstatat(dir_fd, name, &status, 0), 0);
    return status.st_size;
}

static void a_full_file_becomes_an_older_one(void **state)
{
    char name[AUDIT_NAME_BYTES];
    struct audit_files files;
    uint64_t lines = 0;
    OWNED_FD dir = open(*state, O_RDONLY | O_DIRECTORY);

    fill(dir, 2);
    assert_int_equal(audit_files_list(dir, &files), 0);
    assert_int_equal(files.count, 2);
    for (size_t i = 0; i < files.count; i++) {
        audit_files_name(files.last[i], name);
        assert_in_range(size_of(dir, name), AUDIT_BYTES_MAX,
                        AUDIT_BYTES_MAX + (BATCH + 1) * AUDIT_LINE_MAX);
    }
    assert_int_equal(audit_verify(dir, &lines), 0);
    assert_true(lines > files.last[1]);
}

/* Whether it says so, and goes on saying so after a further line. */
static void assert_torn(int dir_fd)
{
    uint64_t lines = 0;

    assert_int_equal(audit_verify(dir_fd, &lines), -ERR_TORN);
    append(dir_fd, "later");
    assert_int_equal(audit_verify(dir_fd, &lines), -ERR_TORN);
}

static void a_missing_older_file_shows(void **state)
{
    char name[AUDIT_NAME_BYTES];
    struct audit_files files;
    OWNED_FD dir = open(*state, O_RDONLY | O_DIRECTORY);

    fill(dir, 3);
    assert_int_equal(audit_files_list(dir, &files), 0);
    for (size_t i = 0; i < files.count; i++) {
        audit_files_name(files.last[i], name);
        assert_int_equal(renameat(dir, name, dir, "away"), 0);
        assert_torn(dir);
        assert_int_equal(renameat(dir, "away", dir, name), 0);
    }
    assert_int_equal(verify(&(struct log){.dir_fd = dir}), 0);
    assert_int_equal(unlinkat(dir, AUDIT_FILE, 0), 0);
    assert_torn(dir);
}

static void the_oldest_goes_and_a_line_says_so(void **state)
{
    char name[AUDIT_NAME_BYTES];
    char first[AUDIT_LINE_MAX];
    struct audit_files files;
    uint64_t lines = 0;
    OWNED_FD dir = open(*state, O_RDONLY | O_DIRECTORY);

    fill(dir, AUDIT_OLDER_MAX);
    assert_int_equal(audit_files_list(dir, &files), 0);
    assert_int_equal(files.count, AUDIT_OLDER_MAX);
    uint64_t gone = files.last[0];
    fill(dir, 1);
    assert_int_equal(audit_files_list(dir, &files), 0);
    assert_int_equal(files.count, AUDIT_OLDER_MAX);
    assert_true(files.last[0] > gone);
    OWNED_FD fd = openat(dir, AUDIT_FILE, O_RDONLY);
    assert_true(pread(fd, first, sizeof first - 1, 0) > 0);
    first[sizeof first - 1] = '\0';
    (void)snprintf(name, sizeof name, "rotated from=%lu ",
                   (unsigned long)gone + 1);
    assert_non_null(strstr(first, name));
    assert_int_equal(audit_verify(dir, &lines), 0);
    /* Beyond what was said to go, nothing may. */
    audit_files_name(files.last[0], name);
    assert_int_equal(unlinkat(dir, name, 0), 0);
    assert_torn(dir);
}

/* As it is between the rename and the new file's first line. */
static void a_rotation_that_was_cut_short_goes_on(void **state)
{
    char name[AUDIT_NAME_BYTES];
    uint64_t lines = 0;
    struct log log;

    make(state, &log);
    audit_files_name(LINES, name);
    assert_int_equal(renameat(log.dir_fd, AUDIT_FILE, log.dir_fd, name), 0);
    assert_int_equal(verify(&log), 0);
    put(&log, "", 0);
    assert_int_equal(verify(&log), 0);
    put(&log, "6 2026", strlen("6 2026"));
    assert_int_equal(verify(&log), 0);
    append(log.dir_fd, "later");
    assert_int_equal(audit_verify(log.dir_fd, &lines), 0);
    assert_int_equal(lines, LINES + 2); /* with the one that says so */
    (void)close(log.dir_fd);
}

#define DIRECTORY_TEST(test)                                      \
    cmocka_unit_test_setup_teardown(test, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIRECTORY_TEST(an_untouched_log_is_whole),
        DIRECTORY_TEST(no_log_is_whole),
        DIRECTORY_TEST(every_changed_byte_shows),
        DIRECTORY_TEST(every_cut_shows),
        DIRECTORY_TEST(a_missing_line_shows),
        DIRECTORY_TEST(a_line_twice_or_in_another_place_shows),
        DIRECTORY_TEST(what_was_cut_off_is_missed_after_further_lines_too),
        DIRECTORY_TEST(a_removed_head_shows_and_goes_on_showing),
        DIRECTORY_TEST(a_write_that_was_cut_short_is_no_change),
        DIRECTORY_TEST(a_detail_that_is_too_long_is_cut_and_the_chain_goes_on),
        DIRECTORY_TEST(after_a_line_of_somebody_elses_it_is_never_whole_again),
        DIRECTORY_TEST(a_log_that_is_no_file_takes_and_proves_nothing),
        DIRECTORY_TEST(a_full_file_becomes_an_older_one),
        DIRECTORY_TEST(a_missing_older_file_shows),
        DIRECTORY_TEST(the_oldest_goes_and_a_line_says_so),
        DIRECTORY_TEST(a_rotation_that_was_cut_short_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
