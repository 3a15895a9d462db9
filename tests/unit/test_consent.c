/*
 * Consent on the disk: as it was written, and the bytes of policies and
 * consent files that nobody may believe. Context: tool.
 */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "reporter/consent/consent.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/denial_mark.h"
#include "reporter/consent/policy.h"

static void write_file(const char *directory, const char *name,
                       const char *text, mode_t mode)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    (void)unlink(path);
    OWNED_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
}

static struct policy policy_of(const char *directory, const char *text,
                               mode_t mode)
{
    char path[512];
    struct policy policy;

    write_file(directory, "policy.conf", text, mode);
    snprintf(path, sizeof path, "%s/policy.conf", directory);
    policy_read(path, &policy);
    return policy;
}

static void a_policy_that_is_not_one_allows_nothing(void **state)
{
    static const char *const malformed[] = {
        "allow",
        "allow = EVERYTHING",
        "permit = REQUIRED",
        "privacy_setting = maybe",
        "allow = REQUIRED\nnonsense\n",
    };
    const char *directory = *state;

    for (size_t i = 0; i < ARRAY_LENGTH(malformed); i++) {
        struct policy policy = policy_of(directory, malformed[i], 0600);
        assert_int_equal(policy.allowed, 0);
        assert_true(policy.problem[0] != '\0');
    }
    struct policy open_to_all =
        policy_of(directory, "allow = REQUIRED\n", 0602);
    assert_int_equal(open_to_all.allowed, 0);
    assert_true(open_to_all.problem[0] != '\0');
    struct policy good = policy_of(directory, "allow = REQUIRED\n", 0644);
    assert_int_equal(good.allowed, CLASS_BIT(CLASS_REQUIRED));
    assert_true(good.problem[0] == '\0');
}

static void a_consent_file_that_is_not_one_denies_everything(void **state)
{
    static const char *const malformed[] = {
        "OPTIONAL = granted\n",
        "OPTIONAL = yes 2026-11-25T00:00:00.000Z uid:0 command 1 0\n",
        "SOMETHING = granted 2026-11-25T00:00:00.000Z uid:0 command 1 0\n",
        "epoch = many\n",
        "\xff\xfe",
    };
    const char *directory = *state;
    struct consent consent;

    OWNED_FD fd = open(directory, O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    for (size_t i = 0; i < ARRAY_LENGTH(malformed); i++) {
        write_file(directory, CONSENT_FILE, malformed[i], 0600);
        assert_true(consent_file_read(fd, &consent) < 0);
        for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++)
            assert_int_equal(consent.words[class].state, CONSENT_DENIED);
    }
}

/* Else what one moment spoiled is denied for good, or a grant reaches back. */
static void what_stands_for_a_bad_file_can_be_written(void **state)
{
    static const struct {
        const char *text;
        uint64_t epoch_min;
    } bad[] = {
        {"epoch = 12\nOPTIONAL = granted\n", 12},
        {"epoch = many\n", 1ull << 32},
        {"nonsense\n", 1ull << 32},
    };
    struct consent consent;

    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        write_file(*state, CONSENT_FILE, bad[i].text, 0600);
        assert_true(consent_file_read(fd, &consent) < 0);
        assert_true(consent.epoch >= bad[i].epoch_min);
        uint64_t epoch = ++consent.epoch;
        assert_int_equal(consent_file_write(fd, &consent), 0);
        assert_int_equal(consent_file_read(fd, &consent), 0);
        assert_int_equal(consent.epoch, epoch);
        for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++)
            assert_int_equal(consent.words[class].state, CONSENT_DENIED);
    }
}

static void a_consent_file_reads_back_as_written(void **state)
{
    struct consent consent = {.epoch = 12};
    struct consent again;

    consent.words[CLASS_OPTIONAL] = (struct consent_word){
        .state = CONSENT_GRANTED,
        .time_unix_ms = 1764028800123,
        .actor = "uid:1000",
        .way = "command",
        .notice = 0xfedcba98u,
        .since_epoch = 11,
    };
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);
    assert_int_equal(consent_file_write(fd, &consent), 0);
    assert_int_equal(consent_file_read(fd, &again), 0);
    assert_int_equal(again.epoch, 12);
    const struct consent_word *word = &again.words[CLASS_OPTIONAL];
    assert_int_equal(word->state, CONSENT_GRANTED);
    assert_int_equal(word->time_unix_ms, 1764028800123);
    assert_string_equal(word->actor, "uid:1000");
    assert_int_equal(word->notice, 0xfedcba98u);
    assert_int_equal(word->since_epoch, 11);
}

static void a_further_policy_takes_away_and_never_gives(void **state)
{
    const char *directory = *state;
    struct policy free_of = {.allowed = CLASS_ALL};
    struct policy none = policy_of(directory, "allow = nonsense\n", 0600);
    struct policy first = free_of;

    policy_restrict(&first, &free_of);
    assert_false(first.present);
    assert_int_equal(first.allowed, CLASS_ALL);

    struct policy locks = policy_of(directory, "privacy_setting = on\n", 0600);
    struct policy opens = policy_of(directory, "privacy_setting = off\n", 0600);
    first.privacy = POLICY_PRIVACY_OFF;
    first.required_by_rule = true;
    policy_restrict(&first, &opens);
    assert_true(first.present);
    assert_true(first.required_by_rule);
    policy_restrict(&first, &locks);
    policy_restrict(&first, &opens);
    assert_int_equal(first.privacy, POLICY_PRIVACY_ON);

    /* What cannot be read makes nothing mandatory, and says the first why. */
    policy_restrict(&first, &none);
    assert_int_equal(first.allowed, 0);
    assert_false(first.required_by_rule);
    assert_string_equal(first.problem, none.problem);
    struct policy later = policy_of(directory, "nonsense\n", 0600);
    policy_restrict(&first, &later);
    assert_string_equal(first.problem, none.problem);
}

static void what_is_no_class_is_never_allowed(void **state)
{
    const struct consent_layers all = {.vendor = CLASS_ALL,
                                       .policy = CLASS_ALL};
    const struct consent_report report = {0};

    (void)state;
    assert_int_equal(consent_decides(CLASS_UNSPECIFIED, &all, &report),
                     CONSENT_BY_VENDOR);
    assert_int_equal(consent_decides(CLASS_COUNT, &all, &report),
                     CONSENT_BY_VENDOR);
}

static void a_word_that_cannot_be_kept_is_said(void **state)
{
    const struct consent_report report = {.denied = CLASS_BIT(CLASS_REQUIRED)};
    struct consent consent = {0};

    write_file(*state, CONSENT_PER_REPORT, "", 0600); /* no directory */
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);
    assert_true(consent_report_write(fd, "some", &report) < 0);
    consent_report_remove(fd, "some");
    assert_true(consent_report_write(-1, "some", &report) < 0);
    assert_true(consent_file_write(-1, &consent) < 0);
}

/* Denied for now, and not for good: who changes a word is told. */
static void a_word_that_cannot_be_read_is_said(void **state)
{
    const struct consent_report past = {.past = {[CLASS_REQUIRED] = 7}};
    struct consent_report read = {0};

    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);
    assert_int_equal(consent_report_read(fd, "some", &read), 0);
    assert_int_equal(read.denied, 0);
    assert_int_equal(consent_report_write(fd, "some", &past), 0);
    assert_int_equal(consent_report_read(fd, "some", &read), 0);
    assert_memory_equal(read.past, past.past, sizeof past.past);
    consent_report_remove(fd, "some");
    OWNED_FD words = openat(fd, CONSENT_PER_REPORT, O_RDONLY | O_DIRECTORY);
    assert_int_equal(symlinkat("/dev/null", words, "some"), 0);
    assert_true(consent_report_read(fd, "some", &read) < 0);
    assert_int_equal(read.denied, CLASS_ALL);
    assert_int_equal(read.past[CLASS_REQUIRED], 0);
    assert_int_equal(consent_report_read(-1, "some", &read), -EBADF);
    assert_int_equal(read.denied, CLASS_ALL);
}

/* Over a file that says otherwise, and gone with the next one. */
static void what_is_marked_is_denied_until_it_is_written(void **state)
{
    struct consent written = {.epoch = 3};
    struct consent read;
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

    written.words[CLASS_OPTIONAL].state = CONSENT_GRANTED;
    (void)strcpy(written.words[CLASS_OPTIONAL].actor, "uid:0");
    (void)strcpy(written.words[CLASS_OPTIONAL].way, "command");
    assert_int_equal(consent_file_write(fd, &written), 0);
    assert_int_equal(denial_mark_set(fd, CLASS_BIT(CLASS_OPTIONAL)), 0);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(consent_file_read(fd, &read), 0);
        assert_int_equal(read.words[CLASS_OPTIONAL].state, CONSENT_DENIED);
        assert_int_equal(read.words[CLASS_REQUIRED].state, CONSENT_UNSET);
        assert_int_equal(read.epoch, 4); /* so that no grant reaches back */
        assert_int_equal(consent_file_write(fd, &read), 0);
        assert_int_equal(faccessat(fd, "denied.OPTIONAL", F_OK, 0), -1);
    }
}

static void say(struct consent *consent, enum data_class class,
                enum consent_state said)
{
    struct consent_word *word = &consent->words[class];

    *word = (struct consent_word){.state = said};
    (void)strcpy(word->actor, "uid:0");
    (void)strcpy(word->way, "command");
    consent->epoch++;
}

/* Each of them has read before, and writes last: no other's denial goes. */
static void two_denials_outlast_who_holds_the_lock(void **state)
{
    static const enum data_class denied[] = {CLASS_FEEDBACK, CLASS_OPTIONAL};
    struct consent held;
    struct consent read;
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

    assert_int_equal(consent_file_read(fd, &held), 0);
    say(&held, CLASS_FEEDBACK, CONSENT_GRANTED);
    for (size_t i = 0; i < ARRAY_LENGTH(denied); i++) {
        assert_int_equal(consent_file_read(fd, &read), 0);
        say(&read, denied[i], CONSENT_DENIED);
        assert_int_equal(
            consent_file_deny(fd, &read, CLASS_BIT(denied[i]), false), 0);
    }
    assert_int_equal(consent_file_write(fd, &held), 0);
    assert_int_equal(consent_file_read(fd, &read), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(denied); i++)
        assert_int_equal(read.words[denied[i]].state, CONSENT_DENIED);
}

static void who_denies_without_the_lock_undoes_nothing(void **state)
{
    struct consent first;
    struct consent held;
    struct consent read;
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

    assert_int_equal(consent_file_read(fd, &first), 0);
    say(&first, CLASS_FEEDBACK, CONSENT_GRANTED);
    assert_int_equal(consent_file_write(fd, &first), 0);
    assert_int_equal(consent_file_read(fd, &read), 0);
    assert_int_equal(consent_file_read(fd, &held), 0);
    say(&held, CLASS_FEEDBACK, CONSENT_DENIED);
    assert_int_equal(consent_file_write(fd, &held), 0);
    say(&read, CLASS_OPTIONAL, CONSENT_DENIED);
    assert_int_equal(
        consent_file_deny(fd, &read, CLASS_BIT(CLASS_OPTIONAL), false), 0);
    assert_int_equal(consent_file_read(fd, &read), 0);
    assert_int_equal(read.words[CLASS_FEEDBACK].state, CONSENT_DENIED);
    assert_int_equal(read.words[CLASS_OPTIONAL].state, CONSENT_DENIED);
}

/* Who writes has looked at the mark; the other is between look and end. */
static void a_mark_that_is_held_is_not_taken_away(void **state)
{
    struct consent read;
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

    assert_int_equal(denial_mark_set(fd, CLASS_BIT(CLASS_OPTIONAL)), 0);
    assert_int_equal(consent_file_read(fd, &read), 0);
    say(&read, CLASS_OPTIONAL, CONSENT_GRANTED);
    OWNED_FD mark = openat(fd, "denied.OPTIONAL", O_RDONLY);
    assert_int_equal(flock(mark, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(consent_file_write(fd, &read), 0);
    assert_int_equal(consent_file_read(fd, &read), 0);
    assert_int_equal(read.words[CLASS_OPTIONAL].state, CONSENT_DENIED);
}

static void a_denial_of_a_report_outlasts_who_holds_the_lock(void **state)
{
    const struct consent_report denied = {.denied = CLASS_BIT(CLASS_OPTIONAL)};
    struct consent_report held = {0};
    struct consent_report read = {0};
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

    assert_int_equal(consent_report_read(fd, "some", &held), 0);
    held.granted = CLASS_BIT(CLASS_OPTIONAL);
    assert_int_equal(consent_report_deny(fd, "some", &denied, false), 0);
    assert_int_equal(consent_report_write(fd, "some", &held), 0);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(consent_report_read(fd, "some", &read), -ERR_WITHHELD);
        assert_int_equal(read.denied, CLASS_ALL);
    }
    read.denied = 0;
    assert_int_equal(consent_report_write(fd, "some", &read), 0);
    assert_int_equal(consent_report_read(fd, "some", &read), 0);
    assert_int_equal(read.granted, held.granted);
    assert_int_equal(consent_report_deny(fd, "some", &denied, false), 0);
    consent_report_remove(fd, "some");
    assert_int_equal(consent_report_read(fd, "some", &read), 0);
}

static void grants_after(int fd, int error)
{
    struct consent read;

    assert_int_equal(consent_file_read(fd, &read), error);
    assert_int_equal(read.words[CLASS_FEEDBACK].state, CONSENT_DENIED);
    say(&read, CLASS_FEEDBACK, CONSENT_GRANTED);
    assert_int_equal(consent_file_write(fd, &read), 0);
    assert_int_equal(faccessat(fd, "denied.FEEDBACK", F_OK, 0), -1);
    assert_int_equal(consent_file_read(fd, &read), 0);
    assert_int_equal(read.words[CLASS_FEEDBACK].state, CONSENT_GRANTED);
}

static void deny_all(int fd)
{
    assert_true(mkdirat(fd, "queue", 0700) == 0 || errno == EEXIST);
    assert_int_equal(fchmodat(fd, "queue", 01700, 0), 0);
}

/* Marks beside what denies all by itself are read all the same. */
static void a_grant_counts_after_everything_at_once(void **state)
{
    const uint32_t feedback = CLASS_BIT(CLASS_FEEDBACK);
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

    assert_int_equal(denial_mark_set(fd, feedback), 0);
    deny_all(fd);
    grants_after(fd, -ERR_WITHHELD);
    assert_int_equal(denial_mark_set(fd, feedback), 0);
    write_file(*state, CONSENT_FILE, "no words\n", 0600);
    grants_after(fd, -ERR_FORMAT);
    deny_all(fd);
    write_file(*state, CONSENT_FILE, "no words\n", 0600);
    grants_after(fd, -ERR_FORMAT);
}

static unsigned mode_of(int fd, const char *name)
{
    struct stat status;

    assert_int_equal(fstatat(fd, name, &status, 0), 0);
    return status.st_mode & 07777;
}

/* Said by the mode of the state directory, until it was that of queue/. */
static void what_an_earlier_inquest_denied_holds(void **state)
{
    struct consent read;
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

    for (int moved = 0; moved < 2; moved++) {
        assert_int_equal(fchmod(fd, 01700), 0);
        if (moved) {
            assert_int_equal(denial_mark_move(fd), 0);
            assert_int_equal(mode_of(fd, "."), 0700);
        }
        grants_after(fd, -ERR_WITHHELD);
        assert_int_equal(mode_of(fd, "."), 0700);
        assert_int_equal(consent_file_read(fd, &read), 0);
        assert_int_equal(read.words[CLASS_REQUIRED].state, CONSENT_DENIED);
    }
}

static void where_no_mark_fits_all_is_denied(void **state)
{
    struct consent read;
    struct stat status;
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

    /* As a name that cannot be had. */
    assert_int_equal(mkdirat(fd, "denied.OPTIONAL", 0700), 0);
    assert_int_equal(denial_mark_set(fd, CLASS_BIT(CLASS_OPTIONAL)),
                     -ERR_WITHHELD);
    assert_int_equal(unlinkat(fd, "denied.OPTIONAL", AT_REMOVEDIR), 0);
    assert_int_equal(fchmod(fd, 0700), 0); /* as systemd does at each start */
    assert_int_equal(denial_mark_move(fd), 0);
    assert_int_equal(consent_file_read(fd, &read), -ERR_WITHHELD);
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++)
        assert_int_equal(read.words[class].state, CONSENT_DENIED);
    assert_int_equal(consent_file_write(fd, &read), 0);
    assert_int_equal(fstatat(fd, "queue", &status, 0), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(consent_file_read(fd, &read), 0);
    assert_int_equal(read.words[CLASS_REQUIRED].state, CONSENT_DENIED);
}

#define DIRECTORY_TEST(test)                                      \
    cmocka_unit_test_setup_teardown(test, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIRECTORY_TEST(a_policy_that_is_not_one_allows_nothing),
        DIRECTORY_TEST(a_consent_file_that_is_not_one_denies_everything),
        DIRECTORY_TEST(what_stands_for_a_bad_file_can_be_written),
        DIRECTORY_TEST(a_consent_file_reads_back_as_written),
        DIRECTORY_TEST(a_further_policy_takes_away_and_never_gives),
        cmocka_unit_test(what_is_no_class_is_never_allowed),
        DIRECTORY_TEST(a_word_that_cannot_be_kept_is_said),
        DIRECTORY_TEST(a_word_that_cannot_be_read_is_said),
        DIRECTORY_TEST(what_is_marked_is_denied_until_it_is_written),
        DIRECTORY_TEST(two_denials_outlast_who_holds_the_lock),
        DIRECTORY_TEST(who_denies_without_the_lock_undoes_nothing),
        DIRECTORY_TEST(a_mark_that_is_held_is_not_taken_away),
        DIRECTORY_TEST(a_denial_of_a_report_outlasts_who_holds_the_lock),
        DIRECTORY_TEST(a_grant_counts_after_everything_at_once),
        DIRECTORY_TEST(where_no_mark_fits_all_is_denied),
        DIRECTORY_TEST(what_an_earlier_inquest_denied_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
