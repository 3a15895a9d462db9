/*
 * The arena of a report is full at any moment: each allocation of a crash, an
 * alarm and a termination fails, that one alone (a smaller one may still fit)
 * or with all behind it. The report then lacks something; what it has is as
 * it would have been, and it can be packed and read. Context: tool.
 */
#include "tests/unit/support.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "handler/dumper/malloc_walk.h"
#include "handler/dumper/report_build.h"
#include "proto/message_walk.h"

#define STRINGS_MAX 4096
#define PACKED_MAX  (1u << 20)
#define THREAD_BY   2   /* besides the crashed one */
#define THREAD_LOST 3   /* without a stack; behind it one that is not traced */
#define DEPTH       400 /* of a recursion: most of it is told by number */

/* As in exception.c: where the parts of an exception of C++ lie. */
#define HEADER_BYTES  112
#define CLASS_AT      80
#define CLASS_GNUCCXX 0x474e5543432b2b00ull

static struct box box;
static struct build build;
static char *strings[STRINGS_MAX]; /* of the whole report, copies */
static size_t string_count;
static uint64_t pcs[256]; /* of the crashed thread, in the whole report */
static size_t pc_count;

static unsigned wanted, seen;
static bool and_later;

static bool fails(void)
{
    seen++;
    return wanted != 0 && (and_later ? seen >= wanted : seen == wanted);
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's naming. */
void *__real_build_alloc(struct build *of, size_t size_bytes);
void *__wrap_build_alloc(struct build *of, size_t size_bytes);
void *__wrap_build_alloc(struct build *of, size_t size_bytes)
{
    return fails() ? NULL : __real_build_alloc(of, size_bytes);
}

char *__real_build_string(struct build *of, const char *text, size_t limit);
char *__wrap_build_string(struct build *of, const char *text, size_t limit);
char *__wrap_build_string(struct build *of, const char *text, size_t limit)
{
    return fails() ? (char *)protobuf_c_empty_string
                   : __real_build_string(of, text, limit);
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* What std::terminate leaves: an exception that nobody catches. */
static struct {
    _Alignas(16) uint8_t header[HEADER_BYTES];
    uint64_t object[2];
    uint64_t type[3], base[2];
} thrown;
static __thread volatile uint64_t caught_exceptions[2];

static void throw(void)
{
    static const char name[] = "6Broken";
    static const char base_name[] = "St13runtime_error";
    const uint64_t class = CLASS_GNUCCXX;
    const uint64_t type = (uint64_t)thrown.type;

    memcpy(thrown.header, &type, sizeof type);
    memcpy(thrown.header + CLASS_AT, &class, sizeof class);
    thrown.object[1] = (uint64_t) "the pump is stuck";
    thrown.type[1] = (uint64_t)name;
    thrown.type[2] = (uint64_t)thrown.base;
    thrown.base[1] = (uint64_t)base_name;
    caught_exceptions[0] = (uint64_t)thrown.header;
}

static void fill_told(void)
{
    static const char attributes[] = "pump\0seven\0speed\0two";

    (void)strcpy(box.app.name, "waterworks");
    (void)strcpy(box.app.version, "7.1");
    box_seal(&box.app, sizeof box.app, 1);
    for (size_t i = 0; i < BOX_ACCOUNT_KEYS; i++) {
        (void)snprintf(box.account[i].value, sizeof box.account[i].value,
                       "account-%zu", i);
        box_seal(&box.account[i], sizeof box.account[i], 1);
    }
    for (uint32_t i = 0; i < 2; i++) {
        struct box_action *action = &box.actions[i];
        (void)snprintf(action->name, sizeof action->name, "action-%u", i);
        memcpy(action->attributes, attributes, sizeof attributes);
        box_seal(action, sizeof *action, i + 1);
        struct box_annotation *annotation = &box.annotations[i];
        (void)snprintf(annotation->key, sizeof annotation->key, "key-%u", i);
        (void)strcpy(annotation->value, "a value");
        box_seal(annotation, sizeof *annotation, 1);
        struct box_feature *feature = &box.features[i];
        (void)snprintf(feature->name, sizeof feature->name, "feature-%u", i);
        (void)strcpy(feature->state, "on");
        box_seal(feature, sizeof *feature, 1);
    }
}

static void fill_memory(void)
{
    struct box_sample sample = {.rss_pages = 1000, .swap_pages = 0};

    for (uint32_t i = 1; i <= 3; i++) {
        sample.time_ms = i * 1000;
        box_ring_append(box.seconds, BOX_SECONDS_COUNT, i, &sample);
    }
    box.control.cgroup_moves = 1;
    box.sampler.period_ms = 1000;
    box.sampler.cpu_ms = 5;
    box.sampler.clock_steps = 2;
    box.sampler.suspended_ms = 180000;
    box.sampler.error[BOX_SOURCE_PRESSURE] = 13;
    box_seal(&box.sampler, sizeof box.sampler, 1);
    box.alarms[0] =
        (struct box_alarm){.rule = BOX_ALARM_LIMIT, .used_bytes = 1u << 20};
    box_seal(&box.alarms[0], sizeof box.alarms[0], 1);
}

static void fill_crash(const ucontext_t *context)
{
    siginfo_t info = {.si_signo = SIGABRT, .si_code = SI_TKILL};

    info.si_pid = getpid();
    box.crash.pid = box.crash.tid = getpid();
    memcpy(box.crash.siginfo, &info, sizeof info);
    memcpy(box.crash.gregs, context->uc_mcontext.gregs, sizeof box.crash.gregs);
    box.crash.nested_signal = SIGSEGV;
    box.crash.nested_pc = box.crash.gregs[REG_RIP];
    __asm__("mov %%fs:0, %0" : "=r"(box.crash.thread_pointer));
    box.control.crashed = 1;
    box_seal(&box.crash, sizeof box.crash, 1);
}

static void fill(const ucontext_t *context)
{
    memset(&box, 0, sizeof box);
    box.identity.pid = getpid();
    box.identity.uid = getuid();
    (void)strcpy(box.identity.executable, "/opt/waterworks");
    box_seal(&box.identity, sizeof box.identity, 1);
    fill_told();
    fill_memory();
    fill_crash(context);
    throw();
}

/* Ourselves, at the context and once more as a thread that stands beside. */
static void open_target(void)
{
    struct target *target = target_open(getpid(), getpid());

    target->threads[0] = (struct target_thread){.tid = getpid()};
    target->threads[1] = (struct target_thread){
        .tid = THREAD_BY, .name = "beside", .stopped = true};
    target->threads[1].registers[TARGET_RIP] = box.crash.gregs[REG_RIP];
    target->threads[1].registers[TARGET_RSP] = box.crash.gregs[REG_RSP];
    target->threads[1].registers[TARGET_RBP] = box.crash.gregs[REG_RBP];
    target->threads[2] = (struct target_thread){
        .tid = THREAD_LOST, .name = "lost", .stopped = true};
    target->threads[3] =
        (struct target_thread){.tid = THREAD_LOST + 1, .refused = true};
    target->thread_count = 4;
    assert_true(target_open_memory(target, box.crash.thread_pointer));
    target_read_modules(target);
    for (size_t i = 0; i < target->module_count; i++) {
        /* Sanitizers bring one; the exception is to be found without it. */
        if (strstr(target->modules[i].path, "/libstdc++.so"))
            target->modules[i].path = "";
    }
    build.target = target;
}

/* The dumper makes one report: its arena is fresh. */
static void start(Inquest__V1__Kind kind)
{
    if (build.arena.data)
        memset(build.arena.data, 0, build.arena.used_bytes);
    build_start(&build, kind, 1);
}

static void make_crash(void)
{
    start(INQUEST__V1__KIND__CRASH);
    build_identity(&build);
    build_crash(&build);
    build_modules(&build);
    build_threads(&build);
    build_abort(&build);
    build_memory(&build);
    build_sensitive(&build);
}

static void make_alarm(void)
{
    start(INQUEST__V1__KIND__MEMORY_ALARM);
    bool made = build_alarm(&build, 0);
    assert_true(made || wanted != 0);
    build_memory(&build);
    build_malloc(&build);
}

static void make_termination(void)
{
    const struct termination_hearsay hearsay = {
        .supervisor = SUPERVISOR_SAW,
        .signal_number = SIGKILL,
        .kernel_log_read = true,
        .peak_rss_bytes = UINT64_MAX,
    };

    start(INQUEST__V1__KIND__TERMINATION);
    bool made = build_termination(&build, &hearsay);
    assert_true(made || wanted != 0);
}

static void keep_string(const char *text)
{
    assert_true(string_count < STRINGS_MAX);
    strings[string_count++] = strdup(text);
}

/* Numbers in notes are of now. */
static void check_string(const char *text)
{
    if (*text == '\0' || strcmp(text, build.report_id) == 0 ||
        strchr(text, ' '))
        return;
    for (size_t i = 0; i < string_count; i++) {
        if (strcmp(strings[i], text) == 0)
            return;
    }
    fail_msg("allocation %u%s: \"%s\" is nowhere in the whole report", wanted,
             and_later ? " and all behind" : "", text);
}

static void each_string(const ProtobufCMessage *message,
                        void (*visit)(const char *text))
{
    for (unsigned f = 0; f < message->descriptor->n_fields; f++) {
        struct field_view view = field_view_bare(message, f);
        for (size_t i = 0; i < view.count; i++) {
            void *element = field_element(&view, i);
            if (view.descriptor->type == PROTOBUF_C_TYPE_STRING)
                visit(*(char **)element);
            if (view.descriptor->type == PROTOBUF_C_TYPE_MESSAGE)
                each_string(*(ProtobufCMessage **)element, visit);
        }
    }
}

static void check_frames(const Inquest__V1__Report *report)
{
    for (size_t i = 0; i < report->n_threads; i++) {
        const Inquest__V1__Thread *thread = report->threads[i];
        assert_int_equal(thread->crashed, thread->tid > THREAD_LOST + 1);
        for (size_t f = 0; thread->crashed && f < thread->n_frames; f++)
            assert_int_equal(thread->frames[f]->pc, pcs[f]);
    }
}

static void check(Inquest__V1__Kind kind)
{
    static uint8_t packed[PACKED_MAX];
    size_t size = 0;
    OWNED_REPORT *report = NULL;

    assert_int_equal(
        report_pack_into(&build.report, packed, sizeof packed, &size), 0);
    assert_int_equal(report_unpack((struct span){packed, size}, &report), 0);
    assert_string_equal(report->report_id, build.report_id);
    assert_int_equal(report->kind, kind);
    each_string(&report->base, check_string);
    check_frames(report);
}

/* The report of nothing failing; returns how many allocations it takes. */
static unsigned make_whole(void (*make)(void))
{
    while (string_count > 0)
        free(strings[--string_count]);
    pc_count = 0;
    wanted = seen = 0;
    make();
    each_string(&build.report.base, keep_string);
    if (build.report.n_threads > 0) {
        const Inquest__V1__Thread *thread = build.report.threads[0];
        for (; pc_count < thread->n_frames; pc_count++)
            pcs[pc_count] = thread->frames[pc_count]->pc;
    }
    return seen;
}

static void sweep(void (*make)(void), Inquest__V1__Kind kind)
{
    unsigned count = make_whole(make);

    for (int later = 0; later < 2; later++) {
        and_later = later;
        for (unsigned nth = 1; nth <= count; nth++) {
            wanted = nth;
            seen = 0;
            make();
            check(kind);
        }
    }
    printf("%u allocations\n", count);
}

static void crash_here(void)
{
    ucontext_t context;

    assert_int_equal(getcontext(&context), 0);
    fill(&context);
    build = (struct build){.box = &box, .state_fd = -1};
    build.deadline_ms = target_now_ms() + 600000;
    open_target();
    (void)make_whole(make_crash);
    const Inquest__V1__Report *report = &build.report;
    assert_string_equal(report->crash->cause,
                        "uncaught exception: the pump is stuck");
    assert_string_equal(report->crash->exception->type, "6Broken");
    assert_true(pc_count > 3);
    assert_int_equal(report->n_threads, 4);
    assert_int_equal(report->threads[0]->n_repeated, 1);
    assert_true(report->threads[0]->repeated[0]->count > DEPTH / 2);
    assert_int_equal(report->threads[2]->n_notes, 1);
    assert_int_equal(report->n_actions, 2);
    assert_int_equal(report->actions[1]->n_attributes, 2);
    assert_int_equal(report->n_annotations, 2);
    assert_int_equal(report->n_features, 2);
    assert_int_equal(report->memory->n_samples, 4);
    assert_true(report->sensitive->n_memory_near > 0);
    sweep(make_crash, INQUEST__V1__KIND__CRASH);
}

static __attribute__((noipa)) void descend(int left)
{
    if (left == 0) {
        crash_here();
    } else {
        descend(left - 1);
    }
    __asm__ volatile("" ::: "memory"); /* no tail call */
}

static void crash_report_gets_shorter_not_wrong(void **state)
{
    (void)state;
    descend(DEPTH);
}

static void alarm_and_termination_get_shorter_not_wrong(void **state)
{
    (void)state;
    sweep(make_alarm, INQUEST__V1__KIND__MEMORY_ALARM);
    box.control.crashed = 0;
    build.target = NULL; /* dead */
    sweep(make_termination, INQUEST__V1__KIND__TERMINATION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crash_report_gets_shorter_not_wrong),
        cmocka_unit_test(alarm_and_termination_get_shorter_not_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
