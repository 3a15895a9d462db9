/*
 * The audit log is looked at while another process writes to it: a whole one
 * is never called torn. Context: tool.
 */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "proto/base/compiler.h"
#include "proto/base/fd.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/audit_files.h"
#include "tests/unit/failing.h"

struct log {
    int dir_fd;
    uint64_t lines;
};

static void append(void *context)
{
    struct log *log = context;

    assert_int_equal(audit_append(log->dir_fd, "sent", "one"), 0);
    assert_int_equal(audit_verify(log->dir_fd, &log->lines), 0);
}

/* The first half of a rotation; the next line is the other. */
static void retire(void *context)
{
    struct log *log = context;
    char name[AUDIT_NAME_BYTES];

    audit_files_name(log->lines, name);
    assert_int_equal(renameat(log->dir_fd, AUDIT_FILE, log->dir_fd, name), 0);
}

static void rotate(void *context)
{
    retire(context);
    append(context);
}

/* So many older ones that the next one is one too many. */
static void fill(struct log *log)
{
    append(log);
    for (int i = 0; i < AUDIT_OLDER_MAX; i++)
        rotate(log);
}

static void fill_and_retire(struct log *log)
{
    fill(log);
    retire(log);
}

static const struct {
    const char *what;
    void (*prepare)(struct log *log);
    void (*meanwhile)(void *log);
} cases[] = {
    {"a line", fill, append},
    {"half a rotation", fill, retire},
    {"the other half", fill_and_retire, append},
    {"a rotation", fill, rotate},
};

/* False: the verification was over before its nth call. */
static bool is_whole_at(size_t at, unsigned nth)
{
    void *directory = NULL;
    uint64_t lines = 0;

    assert_int_equal(support_directory_make(&directory), 0);
    OWNED_FD fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct log log = {.dir_fd = fd};
    cases[at].prepare(&log);
    failing_meanwhile(nth, cases[at].meanwhile, &log);
    int r = audit_verify(fd, &lines);
    bool reached = failing_end() > 0;
    if (r != 0)
        fail_msg("%s at call %u: %d", cases[at].what, nth, r);
    assert_int_equal(support_directory_remove(&directory), 0);
    return reached;
}

static void whole_log_is_whole_while_it_is_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        unsigned nth = 1;
        while (is_whole_at(i, nth))
            nth++;
        assert_true(nth > AUDIT_OLDER_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_log_is_whole_while_it_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
