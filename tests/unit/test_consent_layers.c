/*
 * Consent as a function of its layers: every combination for every class, and
 * all classes at once. Context: tool.
 */
#include "tests/unit/support.h"

#include <assert.h>

#include "proto/base/compiler.h"
#include "reporter/consent/consent.h"

enum {
    SINCE = 5,
    NOTICE = 77,
    COMBINATIONS = 2 * 2 * 2 * 3 * 2 * 3 * 2 * 2 * 3 * 3
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
    int report;       /* 0 granted, 1 no word, 2 denied */
    int reaches_back; /* 0 no word, 1 a grant before this one, 2 this one */
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
        .reaches_back = (int)digit(&number, 3),
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
    };
    report.past[class] = of->reaches_back == 0   ? 0
                         : of->reaches_back == 1 ? SINCE - 1
                                                 : SINCE;
    return consent_allows(class, &layers, &report);
}

/* DESIGN section 6 in other words than reporter/consent/consent.c. */
static bool must_allow(enum data_class class, const struct combination *of)
{
    bool granted = of->user == CONSENT_GRANTED;
    bool reached = !of->before_grant || of->reaches_back == 2;

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

/*
 * All layers for all classes at once: what each class's own combination would
 * be allowed is what the mask holds, whatever is said of the others.
 */
enum {
    CLASSES = CLASS_COUNT - CLASS_REQUIRED,
    USERS = 3 * 3 * 3 * 3 * 3,
    MASKS = 1 << CLASSES,
    SETTINGS = USERS * MASKS * MASKS * 2 * 2 * 3
};
static_assert(CLASSES == 5, "USERS has a word for each class");

struct setting {
    unsigned user; /* a digit of base 3 for each class */
    unsigned vendor_denies, policy_denies; /* a bit for each */
    unsigned do_not_track, privacy_on, report;
};

static uint8_t masks[SETTINGS]; /* what may leave, by setting_index() */

static struct setting setting(unsigned number)
{
    return (struct setting){
        .user = digit(&number, USERS),
        .vendor_denies = digit(&number, MASKS),
        .policy_denies = digit(&number, MASKS),
        .do_not_track = digit(&number, 2),
        .privacy_on = digit(&number, 2),
        .report = digit(&number, 3),
    };
}

static unsigned setting_index(const struct setting *of)
{
    unsigned index = of->report;

    index = index * 2 + of->privacy_on;
    index = index * 2 + of->do_not_track;
    index = index * MASKS + of->policy_denies;
    index = index * MASKS + of->vendor_denies;
    return index * USERS + of->user;
}

static const unsigned powers[CLASSES] = {1, 3, 9, 27, 81};

static struct combination combination_of(const struct setting *of, int index)
{
    return (struct combination){
        .vendor_denies = of->vendor_denies >> index & 1,
        .policy_denies = of->policy_denies >> index & 1,
        .do_not_track = (int)of->do_not_track,
        .privacy_on = of->privacy_on,
        .user = (enum consent_state)(of->user / powers[index] % 3),
        .report = (int)of->report,
    };
}

static uint32_t sending(const struct setting *of)
{
    struct consent user = {.epoch = SINCE};
    uint32_t report = of->report == 1 ? 0 : CLASS_ALL;

    for (int i = 0; i < CLASSES; i++) {
        user.words[CLASS_REQUIRED + i] = (struct consent_word){
            .state = (enum consent_state)(of->user / powers[i] % 3),
            .notice = NOTICE,
        };
    }
    const struct consent_layers layers = {
        .vendor = CLASS_ALL & ~(of->vendor_denies << CLASS_REQUIRED),
        .policy = CLASS_ALL & ~(of->policy_denies << CLASS_REQUIRED),
        .do_not_track = of->do_not_track,
        .privacy_off = !of->privacy_on,
        .notices = notices,
        .user = &user,
    };
    const struct consent_report of_report = {
        .epoch = SINCE,
        .granted = of->report == 0 ? report : 0,
        .denied = of->report == 2 ? report : 0,
    };
    return consent_sending(&layers, &of_report);
}

static void every_setting_of_all_classes_is_that_of_each_class(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < SETTINGS; i++) {
        const struct setting of = setting(i);
        uint32_t expected = 0;
        for (int j = 0; j < CLASSES; j++) {
            struct combination one = combination_of(&of, j);
            enum data_class class = (enum data_class)(CLASS_REQUIRED + j);
            expected |= must_allow(class, &one) ? CLASS_BIT(class) : 0;
        }
        uint32_t mask = sending(&of);
        if (mask != expected || setting_index(&of) != i)
            fail_msg("setting %u: %x, expected %x", i, mask, expected);
        masks[i] = (uint8_t)(mask >> CLASS_REQUIRED);
    }
}

static unsigned denied_by_user(const struct setting *of, int index)
{
    unsigned word = of->user / powers[index] % 3;

    return of->user + (CONSENT_DENIED - word) * powers[index];
}

/* The same setting with one denial more, of each kind in turn. */
static void check_further_denials(const struct setting *of, uint8_t before)
{
    struct setting more[3 * CLASSES + 3];
    size_t count = 0;

    for (int i = 0; i < CLASSES; i++) {
        more[count] = *of;
        more[count++].user = denied_by_user(of, i);
        more[count] = *of;
        more[count++].vendor_denies |= 1u << i;
        more[count] = *of;
        more[count++].policy_denies |= 1u << i;
    }
    more[count] = *of;
    more[count++].do_not_track = 1;
    more[count] = *of;
    more[count++].privacy_on = 1;
    more[count] = *of;
    more[count++].report = 2;
    for (size_t i = 0; i < count; i++) {
        uint8_t after = masks[setting_index(&more[i])];
        if ((after & ~before) != 0)
            fail_msg("denial %zu adds %x to %x", i, after, before);
    }
}

static void no_denial_adds_a_class_to_any_setting(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < SETTINGS; i++) {
        const struct setting of = setting(i);
        check_further_denials(&of, masks[i]);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_is_decided_as_designed),
        cmocka_unit_test(a_further_denial_never_allows),
        cmocka_unit_test(every_setting_of_all_classes_is_that_of_each_class),
        cmocka_unit_test(no_denial_adds_a_class_to_any_setting),
        cmocka_unit_test(mandatory_takes_away_the_users_denial_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
