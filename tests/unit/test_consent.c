/*
 * Consent as a function of its layers: every combination for every class,
 * and the bytes of policies and consent files that nobody may believe.
 * Context: tool.
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

enum {
    SINCE = 5,
    NOTICE = 77,
    COMBINATIONS = 2 * 2 * 2 * 3 * 2 * 3 * 2 * 2 * 3 * 2
};

static const uint32_t notices[CLASS_COUNT] = {NOTICE, NOTICE, NOTICE,
                                              NOTICE, NOTICE, NOTICE};

/* One combination for one class; a larger digit denies more or the same. */
struct combination {
    bool vendor_denies, policy_denies, distrusted;
    int do_not_track; /* 0 no, 1 here, 2 where the program ran */
    bool privacy_on;
    enum consent_state user;
    bool before_grant, other_notice;
    int report; /* 0 granted, 1 no word, 2 denied */
    bool reaches_back;
};

static unsigned digit(unsigned *number, unsigned base)
{
    unsigned value = *number % base;

    *number /= base;
    return value;
}

static struct combination combination(unsigned number)
{
    return (struct combination){
        .vendor_denies = digit(&number, 2),
        .policy_denies = digit(&number, 2),
        .distrusted = digit(&number, 2),
        .do_not_track = (int)digit(&number, 3),
        .privacy_on = digit(&number, 2),
        .user = (enum consent_state)digit(&number, 3),
        .before_grant = digit(&number, 2),
        .other_notice = digit(&number, 2),
        .report = (int)digit(&number, 3),
        .reaches_back = digit(&number, 2),
    };
}

static bool decide(enum data_class class, const struct combination *of)
{
    const uint32_t all = CLASS_ALL;
    struct consent user = {.epoch = SINCE};
    user.words[class] = (struct consent_word){
        .state = of->user,
        .notice = of->other_notice ? NOTICE + 1 : NOTICE,
        .since_epoch = SINCE,
    };
    struct consent_layers layers = {
        .vendor = of->vendor_denies ? all & ~CLASS_BIT(class) : all,
        .policy = of->policy_denies ? all & ~CLASS_BIT(class) : all,
        .distrusted = of->distrusted,
        .do_not_track = of->do_not_track == 1,
        .privacy_off = !of->privacy_on,
        .notices = notices,
        .user = &user,
    };
    struct consent_report report = {
        .epoch = of->before_grant ? SINCE - 1 : SINCE,
        .do_not_track = of->do_not_track == 2,
        .granted = of->report == 0 ? CLASS_BIT(class) : 0,
        .denied = of->report == 2 ? CLASS_BIT(class) : 0,
        .past = of->reaches_back ? CLASS_BIT(class) : 0,
    };
    return consent_allows(class, &layers, &report);
}

/* DESIGN section 6 in other words than reporter/consent/consent.c. */
static bool must_allow(enum data_class class, const struct combination *of)
{
    bool granted = of->user == CONSENT_GRANTED;
    bool reached = !of->before_grant || of->reaches_back;

    if (of->vendor_denies || of->policy_denies || of->distrusted ||
        of->do_not_track != 0 || of->user == CONSENT_DENIED || of->report == 2)
        return false;
    if (granted && !reached)
        return false;
    if (class == CLASS_DETECTION)
        return !of->privacy_on;
    if (class == CLASS_OPTIONAL)
        return granted && !of->other_notice;
    return class != CLASS_SENSITIVE || of->report == 0;
}

static void every_combination_is_decided_as_designed(void **unused)
{
    (void)unused;
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        for (unsigned i = 0; i < COMBINATIONS; i++) {
            struct combination of = combination(i);
            assert_int_equal(decide((enum data_class) class, &of),
                             must_allow((enum data_class) class, &of));
        }
    }
}

/* The same with one denial more; false: there is none of that number. */
static bool deny_more(struct combination *of, unsigned which)
{
    switch (which) {
    case 0:
        of->vendor_denies = true;
        return true;
    case 1:
        of->policy_denies = true;
        return true;
    case 2:
        of->distrusted = true;
        return true;
    case 3:
        of->do_not_track = 1;
        return true;
    case 4:
        of->do_not_track = 2;
        return true;
    case 5:
        of->privacy_on = true;
        return true;
    case 6:
        of->user = CONSENT_DENIED;
        return true;
    case 7:
        of->report = 2;
        return true;
    default:
        return false;
    }
}

static void a_further_denial_never_allows(void **unused)
{
    (void)unused;
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        for (unsigned i = 0; i < COMBINATIONS; i++) {
            struct combination of = combination(i);
            bool before = decide((enum data_class) class, &of);
            for (unsigned which = 0; deny_more(&of, which); which++) {
                bool after = decide((enum data_class) class, &of);
                assert_true(before || !after);
                of = combination(i);
            }
        }
    }
}

static void mandatory_takes_away_the_users_denial_alone(void **unused)
{
    (void)unused;
    struct consent user = {.epoch = 1};
    user.words[CLASS_REQUIRED].state = CONSENT_DENIED;
    struct consent_layers layers = {.vendor = CLASS_ALL,
                                    .policy = CLASS_ALL,
                                    .required_by_rule = true,
                                    .notices = notices,
                                    .user = &user};
    struct consent_report report = {.epoch = 1};

    assert_true(consent_allows(CLASS_REQUIRED, &layers, &report));
    layers.do_not_track = true;
    assert_false(consent_allows(CLASS_REQUIRED, &layers, &report));
    layers.do_not_track = false;
    layers.policy = 0;
    assert_false(consent_allows(CLASS_REQUIRED, &layers, &report));
    user.words[CLASS_FEEDBACK].state = CONSENT_DENIED;
    layers.policy = CLASS_ALL;
    assert_false(consent_allows(CLASS_FEEDBACK, &layers, &report));
}

/* --- files --- */

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
        cmocka_unit_test(every_combination_is_decided_as_designed),
        cmocka_unit_test(a_further_denial_never_allows),
        cmocka_unit_test(mandatory_takes_away_the_users_denial_alone),
        DIRECTORY_TEST(a_policy_that_is_not_one_allows_nothing),
        DIRECTORY_TEST(a_consent_file_that_is_not_one_denies_everything),
        DIRECTORY_TEST(a_consent_file_reads_back_as_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
