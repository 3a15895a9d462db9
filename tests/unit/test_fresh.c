/*
 * What this command drops itself is filtered on its way into the queue,
 * whoever filled it. Context: tool.
 */
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/compiler.h"
#include "reporter/consent/withdraw.h"
#include "reporter/home.h"
#include "reporter/queue/fresh.h"
#include "reporter/queue/reports.h"

static int setup(void **state)
{
    int r = support_directory_make(state);

    if (r == 0)
        r = setenv("INQUEST_STATE_DIR", *state, 1);
    if (r == 0)
        r = setenv("XDG_CONFIG_HOME", *state, 1);
    return r;
}

/* Drops a report with a feature and raw evidence; how it lies there. */
static Inquest__V1__Report *dropped(struct home *home)
{
    Inquest__V1__Feature feature = INQUEST__V1__FEATURE__INIT;
    Inquest__V1__Feature *features[] = {&feature};
    Inquest__V1__Sensitive sensitive = INQUEST__V1__SENSITIVE__INIT;
    Inquest__V1__Report *report = NULL;
    struct fresh fresh;

    feature.name = (char *)"spelling";
    sensitive.host_name = (char *)"zephyr";
    assert_int_equal(fresh_report(home, INQUEST__V1__KIND__FEEDBACK, &fresh),
                     0);
    fresh.report.features = features;
    fresh.report.n_features = 1;
    fresh.report.sensitive = &sensitive;
    assert_int_equal(fresh_drop(home, &fresh), 0);
    assert_int_equal(reports_load(&home->queue, fresh.id, &report), 0);
    return report;
}

static void without_a_grant_only_what_needs_none_is_dropped(void **state)
{
    (void)state;
    OWNED_HOME home = HOME_CLOSED;
    assert_int_equal(home_open(&home), 0);
    OWNED_REPORT *report = dropped(&home);
    assert_non_null(report->device);
    assert_int_equal(report->n_features, 0);
    assert_null(report->sensitive);
}

static void with_a_grant_its_class_is_dropped_too(void **state)
{
    (void)state;
    OWNED_HOME home = HOME_CLOSED;
    const struct consent_wish wish = {CLASS_OPTIONAL, CONSENT_GRANTED,
                                      "command"};
    assert_int_equal(home_open(&home), 0);
    consent_apply(&home, &wish);
    OWNED_REPORT *report = dropped(&home);
    assert_int_equal(report->n_features, 1);
    assert_null(report->sensitive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            without_a_grant_only_what_needs_none_is_dropped, setup,
            support_directory_remove),
        cmocka_unit_test_setup_teardown(with_a_grant_its_class_is_dropped_too,
                                        setup, support_directory_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
