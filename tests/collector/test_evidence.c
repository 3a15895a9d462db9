/* Evidence: which frames and words of a report decide on its group, kind by
 * kind. Context: tool. */
#include "tests/unit/support.h"

#include <string.h>

#include "collector/signature/evidence.h"
#include "collector/signature/signature.h"

/* A report in parts, each of which a test may hang in or change. */
struct made {
    Inquest__V1__Report report;
    Inquest__V1__Frame waiting, allocating;
    Inquest__V1__Frame *waiting_frames[1], *allocating_frames[1];
    Inquest__V1__Thread thread;
    Inquest__V1__Thread *threads[1];
    Inquest__V1__HeapSite site;
    Inquest__V1__HeapSite *sites[1];
    Inquest__V1__Heap heap;
    Inquest__V1__Alarm alarm;
};

static void make(struct made *made, Inquest__V1__Kind kind)
{
    inquest__v1__report__init(&made->report);
    inquest__v1__frame__init(&made->waiting);
    inquest__v1__frame__init(&made->allocating);
    inquest__v1__thread__init(&made->thread);
    inquest__v1__heap_site__init(&made->site);
    inquest__v1__heap__init(&made->heap);
    inquest__v1__alarm__init(&made->alarm);
    made->waiting.function = (char *)(uintptr_t) "wait_for_work";
    made->waiting_frames[0] = &made->waiting;
    made->thread.frames = made->waiting_frames;
    made->thread.n_frames = 1;
    made->threads[0] = &made->thread;
    made->report.threads = made->threads;
    made->report.n_threads = 1;
    made->allocating.function = (char *)(uintptr_t) "load_tiles";
    made->allocating_frames[0] = &made->allocating;
    made->site.frames = made->allocating_frames;
    made->site.n_frames = 1;
    made->sites[0] = &made->site;
    made->heap.sites = made->sites;
    made->heap.n_sites = 1;
    made->alarm.rule = (char *)(uintptr_t) "slope";
    made->report.kind = kind;
}

static struct signature sign(const struct made *made)
{
    json_t *evidence = evidence_of(&made->report);
    struct signature signature;

    assert_non_null(evidence);
    signature_make(1, evidence, NULL, &signature);
    json_decref(evidence);
    return signature;
}

static void crashes_are_known_by_their_thread(void **state)
{
    struct made made;

    (void)state;
    make(&made, INQUEST__V1__KIND__CRASH);
    made.report.heap = &made.heap;
    assert_string_equal(sign(&made).title, "wait_for_work");
}

static void alarms_are_known_by_their_rule_not_by_who_waited_where(void **state)
{
    struct made made;
    int64_t slope;

    (void)state;
    make(&made, INQUEST__V1__KIND__MEMORY_ALARM);
    made.report.alarm = &made.alarm;
    assert_string_equal(sign(&made).title, "MEMORY slope");
    slope = sign(&made).id;
    made.waiting.function = (char *)(uintptr_t) "busy_elsewhere";
    assert_int_equal(sign(&made).id, slope);
    made.alarm.detail = (char *)(uintptr_t) "104 MiB/min over 10 min";
    assert_int_equal(sign(&made).id, slope);
    made.alarm.rule = (char *)(uintptr_t) "limit";
    assert_string_equal(sign(&made).title, "MEMORY limit");
    assert_int_not_equal(sign(&made).id, slope);
}

static void alarms_with_a_heap_are_known_by_its_largest_site(void **state)
{
    struct made made;

    (void)state;
    make(&made, INQUEST__V1__KIND__MEMORY_ALARM);
    made.report.alarm = &made.alarm;
    made.report.heap = &made.heap;
    assert_string_equal(sign(&made).title, "MEMORY slope | load_tiles");
    made.heap.n_sites = 0;
    assert_string_equal(sign(&made).title, "MEMORY slope");
}

static void what_was_asked_for_is_no_group(void **state)
{
    static const Inquest__V1__Kind asked[] = {
        INQUEST__V1__KIND__SNAPSHOT, INQUEST__V1__KIND__HEAP_PROFILE,
        INQUEST__V1__KIND__FEEDBACK, INQUEST__V1__KIND__USAGE};
    struct made made;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(asked); i++) {
        make(&made, asked[i]);
        made.report.heap = &made.heap;
        assert_null(evidence_of(&made.report));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crashes_are_known_by_their_thread),
        cmocka_unit_test(
            alarms_are_known_by_their_rule_not_by_who_waited_where),
        cmocka_unit_test(alarms_with_a_heap_are_known_by_its_largest_site),
        cmocka_unit_test(what_was_asked_for_is_no_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
