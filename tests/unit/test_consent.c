/*
 * Consent on the disk: as it was written, and the bytes of policies and
 * consent files that nobody may believe. Context: tool.
 */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "reporter/consent/consent.h"
#include "reporter/consent/consent_file.h"
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

#define DIRECTORY_TEST(test)                                      \
    cmocka_unit_test_setup_teardown(test, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIRECTORY_TEST(a_policy_that_is_not_one_allows_nothing),
        DIRECTORY_TEST(a_consent_file_that_is_not_one_denies_everything),
        DIRECTORY_TEST(a_consent_file_reads_back_as_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
