/* proto/report_codec, report_json, class_filter, data_class. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/class_filter.h"
#include "proto/data_class.h"
#include "proto/report_json.h"

#define ID "01943f6e-7a51-7cc3-98c4-dc0c0c07398f"

/* A packed report with a field of each class but DETECTION. */
static void make(struct span *ret_packed)
{
    Inquest__V1__Report report = INQUEST__V1__REPORT__INIT;
    Inquest__V1__Usage usage = INQUEST__V1__USAGE__INIT;
    Inquest__V1__Feedback feedback = INQUEST__V1__FEEDBACK__INIT;
    Inquest__V1__Sensitive sensitive = INQUEST__V1__SENSITIVE__INIT;
    Inquest__V1__Crash crash = INQUEST__V1__CRASH__INIT;
    Inquest__V1__Signal signal = INQUEST__V1__SIGNAL__INIT;
    Inquest__V1__Report__AnnotationsEntry entry =
        INQUEST__V1__REPORT__ANNOTATIONS_ENTRY__INIT;
    Inquest__V1__Report__AnnotationsEntry *entries[] = {&entry};
    uint8_t *data = NULL;
    size_t size = 0;

    report.report_id = (char *)ID;
    report.kind = INQUEST__V1__KIND__CRASH;
    report.time = 1764000000123;
    usage.day = (char *)"2026-11-24";
    report.usage = &usage;
    feedback.comment = (char *)"typed";
    report.feedback = &feedback;
    sensitive.host_name = (char *)"secret-host";
    report.sensitive = &sensitive;
    signal.has_fault_address_case =
        INQUEST__V1__SIGNAL__HAS_FAULT_ADDRESS_FAULT_ADDRESS;
    signal.fault_address = 0;
    crash.signal = &signal;
    report.crash = &crash;
    entry.key = (char *)"database";
    entry.value = (char *)"postgres";
    report.annotations = entries;
    report.n_annotations = 1;
    assert_int_equal(report_pack(&report, &data, &size), 0);
    *ret_packed = (struct span){data, size};
}

static Inquest__V1__Report *open_filtered(uint32_t allowed)
{
    Inquest__V1__Report *report = NULL;
    struct span packed;

    make(&packed);
    assert_int_equal(report_unpack(packed, &report), 0);
    free((void *)packed.data);
    (void)class_filter(&report->base, allowed, NULL);
    return report;
}

static void filter_keeps_only_the_allowed_classes(void **state)
{
    (void)state;
    OWNED_REPORT *report = open_filtered(CLASS_BIT(CLASS_REQUIRED));
    assert_string_equal(report->report_id, ID);
    assert_int_equal(report->n_annotations, 1);
    assert_null(report->usage);
    assert_null(report->feedback);
    assert_null(report->sensitive);
}

static void clear_each(ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        struct field_view view = field_view(message, i);
        class_clear_field(&view);
    }
    assert_int_equal(protobuf_c_message_get_packed_size(message), 0);
}

/* Numbers, strings, bytes, messages, lists, maps, oneofs. */
static void each_kind_of_field_can_be_cleared(void **state)
{
    static uint8_t bytes[] = {0x0f, 0x0b};
    Inquest__V1__Report source = INQUEST__V1__REPORT__INIT;
    Inquest__V1__Module module = INQUEST__V1__MODULE__INIT;
    Inquest__V1__Module *modules[] = {&module};
    Inquest__V1__Report *report = NULL;
    uint8_t *data = NULL;
    size_t size = 0;

    (void)state;
    module.path = (char *)"/usr/bin/true";
    module.build_id = (ProtobufCBinaryData){sizeof bytes, bytes};
    source.modules = modules;
    source.n_modules = 1;
    assert_int_equal(report_pack(&source, &data, &size), 0);
    assert_int_equal(report_unpack((struct span){data, size}, &report), 0);
    free(data);
    clear_each(&report->modules[0]->base);
    clear_each(&report->base);
    report_free(&report);
    report = open_filtered(CLASS_ALL);
    clear_each(&report->crash->signal->base);
    clear_each(&report->crash->base);
    clear_each(&report->base);
    report_free(&report);
}

static void filter_without_any_class_leaves_nothing(void **state)
{
    uint8_t *data = NULL;
    size_t size = 1;

    (void)state;
    OWNED_REPORT *report = open_filtered(0);
    assert_int_equal(report_pack(report, &data, &size), 0);
    assert_int_equal(size, 0);
    free(data);
}

static void filter_lets_each_class_through_alone(void **state)
{
    (void)state;
    OWNED_REPORT *usage = open_filtered(CLASS_BIT(CLASS_OPTIONAL));
    assert_non_null(usage->usage);
    assert_null(usage->crash);
    OWNED_REPORT *feedback = open_filtered(CLASS_BIT(CLASS_FEEDBACK));
    assert_string_equal(feedback->feedback->comment, "typed");
    OWNED_REPORT *sensitive = open_filtered(CLASS_BIT(CLASS_SENSITIVE));
    assert_string_equal(sensitive->sensitive->host_name, "secret-host");
    assert_null(sensitive->feedback);
}

/* "secret" becomes "-", of "unsayable" nothing is left, all else stays. */
static int take_secret(void *count, const struct data_field *field,
                       const char *text, char **ret_changed)
{
    assert_true(field->free_text);
    (*(int *)count)++;
    if (strcmp(text, "unsayable") == 0)
        return -ENOMEM;
    if (strcmp(text, "secret") != 0)
        return 0;
    *ret_changed = strdup("-");
    return 1;
}

static void rewriter_sees_free_text_at_any_depth_and_nothing_else(void **state)
{
    Inquest__V1__Report *report = NULL;
    Inquest__V1__Report source = INQUEST__V1__REPORT__INIT;
    Inquest__V1__Crash crash = INQUEST__V1__CRASH__INIT;
    Inquest__V1__Report__AnnotationsEntry entry =
        INQUEST__V1__REPORT__ANNOTATIONS_ENTRY__INIT;
    Inquest__V1__Report__AnnotationsEntry *entries[] = {&entry};
    uint8_t *data = NULL;
    size_t size = 0;
    int seen = 0;

    (void)state;
    source.report_id = (char *)"secret"; /* no free text */
    crash.abort_message = (char *)"secret";
    crash.cause = (char *)"unsayable";
    source.crash = &crash;
    entry.key = (char *)"key";
    entry.value = (char *)"secret";
    source.annotations = entries;
    source.n_annotations = 1;
    assert_int_equal(report_pack(&source, &data, &size), 0);
    assert_int_equal(report_unpack((struct span){data, size}, &report), 0);
    class_rewrite_text(&report->base,
                       &(struct text_rewriter){take_secret, &seen});
    assert_string_equal(report->crash->abort_message, "-");
    assert_string_equal(report->crash->cause, "");
    assert_string_equal(report->annotations[0]->value, "-");
    assert_string_equal(report->report_id, "secret");
    assert_true(seen >= 2);
    report_free(&report);
    free(data);
}

/* protobuf-c frees each string of a list, whatever it points at. */
static void a_string_of_a_list_is_emptied_too(void **state)
{
    Inquest__V1__Report *report = NULL;
    Inquest__V1__Report source = INQUEST__V1__REPORT__INIT;
    char *notes[] = {(char *)"unsayable", (char *)"secret", (char *)""};
    uint8_t *data = NULL;
    size_t size = 0;
    int seen = 0;

    (void)state;
    source.notes = notes;
    source.n_notes = 3;
    assert_int_equal(report_pack(&source, &data, &size), 0);
    assert_int_equal(report_unpack((struct span){data, size}, &report), 0);
    class_rewrite_text(&report->base,
                       &(struct text_rewriter){take_secret, &seen});
    assert_int_equal(report->n_notes, 3);
    assert_string_equal(report->notes[0], "");
    assert_string_equal(report->notes[1], "-");
    assert_string_equal(report->notes[2], "");
    report_free(&report);
    free(data);
}

static void unknown_fields_are_dropped(void **state)
{
    /* field 1000, a string: tag 8002 as a varint, length 3 */
    const uint8_t bytes[] = {0xc2, 0x3e, 3, 'a', 'b', 'c'};
    Inquest__V1__Report *report = NULL;

    (void)state;
    assert_int_equal(report_unpack((struct span){bytes, sizeof bytes}, &report),
                     0);
    assert_int_equal(report->base.n_unknown_fields, 0);
    report_free(&report);
}

static void garbage_is_no_report(void **state)
{
    Inquest__V1__Report *report = NULL;
    const struct span garbage = {(const uint8_t *)"garbage", 7};

    (void)state;
    assert_int_equal(report_unpack(garbage, &report), -ERR_SCHEMA);
    assert_null(report);
}

static void json_writes_what_is_known_even_when_zero(void **state)
{
    (void)state;
    OWNED_REPORT *report = open_filtered(CLASS_ALL);
    json_t *json = report_to_json(&report->base);
    const json_t *signal =
        json_object_get(json_object_get(json, "crash"), "signal");

    assert_string_equal(
        json_string_value(json_object_get(signal, "faultAddress")), "0x0");
    assert_null(json_object_get(signal, "senderPid"));
    assert_string_equal(json_string_value(json_object_get(json, "time")),
                        "2025-11-24T16:00:00.123Z");
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(json, "annotations"), "database")),
                        "postgres");
    json_decref(json);
}

static void every_field_of_the_schema_has_a_class(void **state)
{
    (void)state;
    assert_true(data_field_count > 150);
    for (size_t i = 0; i < data_field_count; i++) {
        assert_in_range(data_fields[i].class, CLASS_REQUIRED, CLASS_SENSITIVE);
        assert_true(data_fields[i].retention_days > 0);
        assert_true(*data_fields[i].purpose != '\0');
        assert_ptr_equal(
            data_field_find(data_fields[i].message, data_fields[i].number),
            &data_fields[i]);
    }
    assert_null(data_field_find("Report", 9999));
    assert_null(data_field_find("Report", 0));
    assert_null(data_field_find("Reporter", 1));
    const struct data_field *usage = data_field_find("Report", 19);
    assert_non_null(usage);
    assert_int_equal(usage->class, CLASS_OPTIONAL);
}

static void id_is_a_version_7_uuid_that_begins_with_the_time(void **state)
{
    const uint8_t random[10] = {0xff, 0xff, 0xff, 0xff, 0xff,
                                0xff, 0xff, 0xff, 0xff, 0xff};
    char id[REPORT_ID_BYTES];

    (void)state;
    report_id_make(0x0123456789ab, random, id);
    assert_string_equal(id, "01234567-89ab-7fff-bfff-ffffffffffff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filter_keeps_only_the_allowed_classes),
        cmocka_unit_test(filter_without_any_class_leaves_nothing),
        cmocka_unit_test(each_kind_of_field_can_be_cleared),
        cmocka_unit_test(filter_lets_each_class_through_alone),
        cmocka_unit_test(rewriter_sees_free_text_at_any_depth_and_nothing_else),
        cmocka_unit_test(a_string_of_a_list_is_emptied_too),
        cmocka_unit_test(unknown_fields_are_dropped),
        cmocka_unit_test(garbage_is_no_report),
        cmocka_unit_test(json_writes_what_is_known_even_when_zero),
        cmocka_unit_test(every_field_of_the_schema_has_a_class),
        cmocka_unit_test(id_is_a_version_7_uuid_that_begins_with_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
