/* proto/report_parse. Context: tool. */
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/report_json.h"
#include "proto/report_parse.h"

static int parse(const char *text, Inquest__V1__Report **ret_report,
                 char where[REPORT_PARSE_WHERE_BYTES])
{
    json_t *json = json_loads(text, 0, NULL);

    assert_non_null(json);
    int r = report_from_json(json, ret_report, where);
    json_decref(json);
    return r;
}

/* Parsed, packed, unpacked and printed again it says the same. */
static void assert_comes_back(const char *text)
{
    OWNED_REPORT *report = NULL;
    OWNED_REPORT *again = NULL;
    char where[REPORT_PARSE_WHERE_BYTES];
    uint8_t *data = NULL;
    size_t size = 0;

    assert_int_equal(parse(text, &report, where), 0);
    assert_int_equal(report_pack(report, &data, &size), 0);
    assert_int_equal(report_unpack((struct span){data, size}, &again), 0);
    json_t *before = json_loads(text, 0, NULL);
    json_t *after = report_to_json(&again->base);
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
    free(data);
}

static void every_type_comes_back(void **state)
{
    (void)state;
    assert_comes_back(
        "{\"reportId\": \"01943f6e-7a51-7cc3-98c4-dc0c0c07398f\","
        " \"kind\": \"CRASH\", \"time\": \"2026-11-24T12:00:00.001Z\","
        " \"crash\": {\"signal\": {\"number\": 11, \"code\": -6,"
        "   \"faultAddress\": \"0xffffffffffffffff\"},"
        "   \"instructionBytes\": \"0f0b90\"},"
        " \"threads\": [{\"tid\": 7, \"crashed\": true,"
        "   \"registers\": {\"rip\": \"0x0\"}}, {\"tid\": 8}],"
        " \"modules\": [{\"buildId\": \"00ff\", \"sizeBytes\": \"4096\"}],"
        " \"annotations\": {\"a\": \"b\", \"c\": \"\\u00e9\"},"
        " \"doNotTrack\": true, \"notes\": [\"one\", \"two\"]}");
}

static void assert_refused(const char *text, const char *expected)
{
    Inquest__V1__Report *report = NULL;
    char where[REPORT_PARSE_WHERE_BYTES];

    assert_int_equal(parse(text, &report, where), -ERR_SCHEMA);
    assert_string_equal(where, expected);
    assert_null(report);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    (void)state;
    assert_refused("[]", ": not an object");
    assert_refused("{\"colour\": 1}", "colour: not in the schema");
    assert_refused("{\"kind\": \"CRUSH\"}", "kind: no value of Kind");
    assert_refused("{\"time\": \"yesterday\"}",
                   "time: not a time like 2026-11-24T12:34:56.789Z");
    assert_refused("{\"threads\": [{}, {\"tid\": -1}]}",
                   "threads[1].tid: not a number of 32 bits");
    assert_refused("{\"threads\": [{\"registers\": {\"rip\": \"0xzz\"}}]}",
                   "threads[0].registers.rip: not a number of 64 bits");
    assert_refused("{\"crash\": {\"instructionBytes\": \"0f0\"}}",
                   "crash.instructionBytes: not pairs of hexadecimal digits");
    assert_refused("{\"annotations\": {\"a\": 1}}",
                   "annotations.value: not a string");
    assert_refused("{\"notes\": \"one\"}", "notes: not an array");
    assert_refused("{\"doNotTrack\": 1}", "doNotTrack: neither true nor false");
}

static void numbers_out_of_range_are_refused(void **state)
{
    Inquest__V1__Report *report = NULL;
    char where[REPORT_PARSE_WHERE_BYTES];

    (void)state;
    assert_int_equal(
        parse("{\"consentEpoch\": \"18446744073709551616\"}", &report, where),
        -ERR_SCHEMA);
    assert_int_equal(parse("{\"consentEpoch\": -1}", &report, where),
                     -ERR_SCHEMA);
    assert_int_equal(parse("{\"consentEpoch\": \"-1\"}", &report, where),
                     -ERR_SCHEMA);
    assert_null(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(numbers_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
