/* When accepted reports are settled, by a clock that the test sets. Context:
 * tool. */
#include "tests/unit/support.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/report_codec.h"
#include "reporter/consent/consent_file.h"
#include "reporter/upload/upload_sent.h"

static int64_t now_ms;

/* The linker puts it in the place of clock_unix_ms (CMakeLists.txt), and so
 * wants this name. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
int64_t __wrap_clock_unix_ms(void);
int64_t __wrap_clock_unix_ms(void)
{
    return now_ms;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void open_home(const char *path, struct home *home)
{
    home->state_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(home->state_fd >= 0);
    assert_int_equal(queue_open(home->state_fd, &home->queue), 0);
}

static void name_of(unsigned number, char ret_id[REPORT_ID_BYTES])
{
    (void)snprintf(ret_id, REPORT_ID_BYTES,
                   "01943f6e-7a51-7cc3-98c4-dc0c0c07%04x", number & 0xffffu);
}

/* A report is dropped, claimed and accepted. */
static void accept_one(struct upload_sent *sent, unsigned number)
{
    OWNED_CLAIM claim = CLAIM_NONE;
    char id[REPORT_ID_BYTES];
    struct span header = {(const uint8_t *)"head", 4};
    struct span payload = {(const uint8_t *)"body", 4};

    name_of(number, id);
    assert_int_equal(queue_drop(&sent->home->queue, id, header, payload), 0);
    assert_int_equal(claim_take(&sent->home->queue, id, &claim), 0);
    upload_sent_add(sent, &claim, id, payload.size_bytes);
    assert_int_equal(claim.fd, -1);
}

static size_t settled(const struct home *home)
{
    OWNED_FD fd = dup(home->queue.dir_fd[QUEUE_SENT]);
    DIR *dir = fdopendir(fd);
    size_t count = 0;

    assert_non_null(dir);
    (void)fd_take(&fd);
    rewinddir(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

static void many_are_settled_at_once(void **state)
{
    OWNED_HOME home = HOME_CLOSED;
    struct upload_sent sent = {.home = &home};

    open_home(*state, &home);
    for (unsigned i = 0; i < UPLOAD_SENT_MAX - 1; i++)
        accept_one(&sent, i);
    assert_int_equal(settled(&home), 0);
    assert_int_equal(sent.count, UPLOAD_SENT_MAX - 1);
    accept_one(&sent, UPLOAD_SENT_MAX);
    assert_int_equal(settled(&home), UPLOAD_SENT_MAX);
    assert_int_equal(sent.count, 0);
}

static void the_first_does_not_wait_for_long(void **state)
{
    OWNED_HOME home = HOME_CLOSED;
    struct upload_sent sent = {.home = &home};

    open_home(*state, &home);
    accept_one(&sent, 1);
    now_ms += UPLOAD_SENT_WAIT_MS - 1;
    accept_one(&sent, 2);
    assert_int_equal(settled(&home), 0);
    now_ms++;
    accept_one(&sent, 3);
    assert_int_equal(settled(&home), 3);
}

/* Else it would leave again as if nobody had denied a part of it. */
static void the_word_on_a_report_stays_until_it_is_in_sent(void **state)
{
    OWNED_HOME home = HOME_CLOSED;
    struct upload_sent sent = {.home = &home};
    struct consent_report word = {.denied = CLASS_BIT(CLASS_OPTIONAL)};
    char id[REPORT_ID_BYTES];

    open_home(*state, &home);
    name_of(1, id);
    assert_int_equal(consent_report_write(home.state_fd, id, &word), 0);
    accept_one(&sent, 1);
    int sent_fd = fd_take(&home.queue.dir_fd[QUEUE_SENT]);
    upload_sent_settle(&sent); /* it cannot be moved */
    home.queue.dir_fd[QUEUE_SENT] = sent_fd;
    assert_int_equal(settled(&home), 0);
    assert_int_equal(claim_revive(&home.queue), 1);
    assert_int_equal(consent_report_read(home.state_fd, id, &word), 0);
    assert_int_equal(word.denied, CLASS_BIT(CLASS_OPTIONAL));

    OWNED_CLAIM claim = CLAIM_NONE;
    assert_int_equal(claim_take(&home.queue, id, &claim), 0);
    upload_sent_add(&sent, &claim, id, 4);
    upload_sent_settle(&sent);
    assert_int_equal(settled(&home), 1);
    assert_int_equal(consent_report_read(home.state_fd, id, &word), 0);
    assert_int_equal(word.denied, 0);
}

#define IN_DIRECTORY(name)                                        \
    cmocka_unit_test_setup_teardown(name, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(many_are_settled_at_once),
        IN_DIRECTORY(the_first_does_not_wait_for_long),
        IN_DIRECTORY(the_word_on_a_report_stays_until_it_is_in_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
