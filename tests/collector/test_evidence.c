/* Evidence: which frames and words of a report decide on its group, kind by
 * kind. Context: tool. */
#include "tests/unit/support.h"

#include <stdlib.h>
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

#define VARIANTS   19
#define TEXT(text) ((char *)(uintptr_t)(text))

/* A whole crash, the same each time. */
static void make_crash(struct made *made)
{
    static Inquest__V1__App app;
    static Inquest__V1__Signal signal;
    static Inquest__V1__Exception exception;
    static Inquest__V1__Crash crash;
    static Inquest__V1__Frame second;
    static Inquest__V1__Frame *two[2];

    make(made, INQUEST__V1__KIND__CRASH);
    inquest__v1__app__init(&app);
    inquest__v1__signal__init(&signal);
    inquest__v1__exception__init(&exception);
    inquest__v1__crash__init(&crash);
    inquest__v1__frame__init(&second);
    made->report.app = &app;
    made->report.crash = &crash;
    crash.signal = &signal;
    crash.exception = &exception;
    crash.abort_message = TEXT("bad 2");
    app.name = TEXT("a");
    signal.name = TEXT("SIGSEGV");
    signal.has_code_case = INQUEST__V1__SIGNAL__HAS_CODE_CODE;
    signal.code = 1;
    exception.type = TEXT("Failure");
    made->waiting.function = second.function = TEXT("f");
    made->waiting.module = TEXT("liba");
    made->waiting.build_id = TEXT("aa");
    made->waiting.has_module_offset_case =
        INQUEST__V1__FRAME__HAS_MODULE_OFFSET_MODULE_OFFSET;
    made->waiting.module_offset = 0x10;
    two[0] = &made->waiting;
    two[1] = &second;
    made->thread.frames = two;
}

/* One change each: to nothing (0, 1), to what is evidence, to what is not. */
static void vary(struct made *made, int variant)
{
    Inquest__V1__Crash *crash = made->report.crash;
    Inquest__V1__Frame *frame = &made->waiting;

    switch (variant) {
    case 2:
        made->report.app->name = TEXT("b");
        break;
    case 3:
        crash->signal->name = TEXT("SIGBUS");
        break;
    case 4:
        crash->signal->code = -6;
        break;
    case 5:
        crash->signal->code = 2;
        break; /* as 1 is: a fault */
    case 6:
        crash->abort_message = TEXT("bad 1");
        break; /* numbers differ */
    case 7:
        crash->abort_message = TEXT("worse");
        break;
    case 8:
        crash->exception->type = TEXT("Error");
        break;
    case 9:
        frame->function = TEXT("other");
        break;
    case 10:
        frame->module = TEXT("libb");
        break;
    case 11:
        frame->build_id = TEXT("bb");
        break;
    case 12:
        frame->has_module_offset_case = 0;
        break;
    case 13:
        frame->module_offset = 0x20;
        break;
    case 14:
        frame->inlined = true;
        break;
    case 15:
        frame->pc_kind = INQUEST__V1__PC_KIND__RETURN_ADDRESS;
        break;
    case 16:
        made->thread.n_frames = 2;
        break;
    case 17:
        frame->pc = 0x1234;
        break; /* differs from run to run */
    case 18:
        made->report.kind = INQUEST__V1__KIND__DETECTION;
        break;
    default:
        break;
    }
}

static char *evidence_text(const struct made *made)
{
    json_t *evidence = evidence_of(&made->report);
    char *text = json_dumps(evidence, JSON_COMPACT | JSON_SORT_KEYS);

    json_decref(evidence);
    return text;
}

/* Else two stacks would be one, or one would be kept again and again. */
static void hashes_are_equal_where_the_evidence_is(void **state)
{
    static struct made made;
    char *texts[VARIANTS];
    uint8_t hashes[VARIANTS][EVIDENCE_HASH_BYTES];
    int equal = 0;

    (void)state;
    for (int i = 0; i < VARIANTS; i++) {
        make_crash(&made);
        vary(&made, i);
        texts[i] = evidence_text(&made);
        assert_true(evidence_hash(&made.report, hashes[i]));
    }
    for (int i = 0; i < VARIANTS; i++) {
        for (int j = 0; j < i; j++) {
            bool same = strcmp(texts[i], texts[j]) == 0;
            assert_int_equal(
                memcmp(hashes[i], hashes[j], EVIDENCE_HASH_BYTES) == 0, same);
            equal += same;
        }
    }
    assert_int_equal(equal, 10); /* 0, 1, 5, 6 and 17 among each other */
    for (int i = 0; i < VARIANTS; i++)
        free(texts[i]);
}

static void what_was_asked_for_is_no_group(void **state)
{
    static const Inquest__V1__Kind asked[] = {
        INQUEST__V1__KIND__SNAPSHOT, INQUEST__V1__KIND__HEAP_PROFILE,
        INQUEST__V1__KIND__FEEDBACK, INQUEST__V1__KIND__USAGE};
    struct made made;

    uint8_t hash[EVIDENCE_HASH_BYTES];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(asked); i++) {
        make(&made, asked[i]);
        made.report.heap = &made.heap;
        assert_null(evidence_of(&made.report));
        assert_false(evidence_hash(&made.report, hash));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crashes_are_known_by_their_thread),
        cmocka_unit_test(
            alarms_are_known_by_their_rule_not_by_who_waited_where),
        cmocka_unit_test(alarms_with_a_heap_are_known_by_its_largest_site),
        cmocka_unit_test(hashes_are_equal_where_the_evidence_is),
        cmocka_unit_test(what_was_asked_for_is_no_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
