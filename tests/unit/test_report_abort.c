/*
 * Why a C++ program aborted, from stacks made by hand: each shape that is
 * known has its words, and another one is left as it is. Context: tool.
 */
#include "tests/unit/support.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "handler/dumper/report_build.h"
#include "tests/unit/dead.h"

#define LIBSTDCXX "/usr/lib/libstdc++.so.6"
#define PROGRAM   "/opt/program"
#define AS_IT_WAS "as it was"
#define BOOM      "uncaught exception: boom"
#define HANDLED   "std::terminate was called while an exception was handled: boom"
#define FRAMES    4

/* Made up beside the ELF file, whose code is at DEAD_CODE. */
#define LIBC    0x100000u
#define GUEST   0x200000u
#define APP     0x300000u
#define MODULE  0x1000u
#define LIBRARY (DEAD_CODE + 64) /* no symbol is there */

static struct build build;

struct scene {
    const char *path;     /* of the ELF file */
    const char *function; /* that it defines, at DEAD_CODE, 48 bytes */
    uint64_t frames[FRAMES];
    const char *cause;
};

static void add_module(struct target *target, uint64_t at, const char *path)
{
    target->modules[target->module_count++] =
        (struct target_module){.begin = dead_base() + at,
                               .end = dead_base() + at + MODULE,
                               .path = path};
}

/* The box, with what a memory of its own may be changed in before open. */
static struct box *make(const struct scene *scene)
{
    siginfo_t info = {.si_signo = SIGABRT, .si_code = SI_TKILL};
    struct box *box = dead_begin();

    memcpy(box->crash.siginfo, &info, sizeof info);
    box->crash.thread_pointer = dead_base() + DEAD_THREAD;
    dead_elf(scene->function, scene->path);
    dead_exception();
    return box;
}

static void open_build(const struct box *box, const struct scene *scene)
{
    static Inquest__V1__Crash crash;
    static Inquest__V1__Thread thread;
    static Inquest__V1__Thread *threads[] = {&thread};
    static Inquest__V1__Frame frames[FRAMES];
    static Inquest__V1__Frame *list[FRAMES];

    if (build.arena.data) /* each report has a fresh one */
        memset(build.arena.data, 0, build.arena.used_bytes);
    build = (struct build){.box = box, .state_fd = -1};
    build_start(&build, INQUEST__V1__KIND__CRASH, 1);
    build.target = dead_open();
    add_module(build.target, LIBC, "/usr/lib/libc.so.6");
    add_module(build.target, GUEST, "/usr/lib/libinquest.so");
    add_module(build.target, APP, PROGRAM);
    inquest__v1__crash__init(&crash);
    inquest__v1__thread__init(&thread);
    crash.cause = (char *)AS_IT_WAS;
    thread.crashed = true;
    thread.frames = list;
    for (size_t i = 0; i < FRAMES && scene->frames[i] != 0; i++) {
        inquest__v1__frame__init(&frames[i]);
        frames[i].pc = dead_base() + scene->frames[i];
        list[thread.n_frames++] = &frames[i];
    }
    build.report.crash = &crash;
    build.report.threads = threads;
    build.report.n_threads = 1;
}

static const char *cause_of(const struct scene *scene)
{
    open_build(make(scene), scene);
    build_abort(&build);
    return build.report.crash->cause;
}

static void each_way_to_abort_has_its_words(void **state)
{
    static const struct scene scenes[] = {
        {LIBSTDCXX,
         "__cxa_pure_virtual",
         {LIBC, DEAD_CODE + 5, APP},
         "pure virtual function called"},
        {LIBSTDCXX,
         "__cxa_deleted_virtual",
         {LIBC, DEAD_CODE + 48, APP},
         "deleted virtual function called"},
        {LIBSTDCXX,
         "__cxa_deleted_virtual",
         {LIBC, APP, DEAD_CODE + 49},
         AS_IT_WAS},
        {LIBSTDCXX,
         "_ZSt21__glibcxx_assert_failPKciS0_S0_",
         {LIBC, DEAD_CODE + 48, APP},
         "a check of the C++ library failed"},
        {LIBSTDCXX,
         "_ZSt9terminatev",
         {LIBC, DEAD_CODE + 1, APP},
         "std::terminate was called"},
        {LIBSTDCXX, "__cxa_get_globals_fast", {LIBC, LIBRARY, APP}, BOOM},
        {LIBSTDCXX, "__cxa_get_globals_fast", {LIBC, GUEST, LIBRARY}, BOOM},
        {LIBSTDCXX, "__cxa_get_globals_fast", {LIBC, APP, LIBRARY}, AS_IT_WAS},
        {LIBSTDCXX, "__cxa_get_globals_fast", {LIBC, LIBC, LIBC}, AS_IT_WAS},
        {LIBSTDCXX, "__cxa_get_globals_fast", {0}, AS_IT_WAS},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(scenes); i++)
        assert_string_equal(cause_of(&scenes[i]), scenes[i].cause);
}

static const struct scene thrown = {
    LIBSTDCXX, "__cxa_get_globals_fast", {LIBC, LIBRARY, APP}, BOOM};

static void terminate_without_an_exception_is_said(void **state)
{
    (void)state;
    struct box *box = make(&thrown);
    dead_put_u64(DEAD_GLOBALS, 0);
    open_build(box, &thrown);
    build_abort(&build);
    assert_string_equal(
        build.report.crash->cause,
        "std::terminate was called without an active exception");
    box = make(&thrown);
    dead_put_u64(DEAD_MESSAGE, 0); /* not of a type that keeps it, perhaps */
    open_build(box, &thrown);
    build_abort(&build);
    assert_string_equal(build.report.crash->cause, "uncaught exception");
    assert_string_equal(build.report.crash->exception->type, "7MyError");
}

/* Joined by nobody, say, while a catch is busy with another matter. */
static void exception_that_was_caught_is_not_called_uncaught(void **state)
{
    (void)state;
    struct box *box = make(&thrown);
    dead_put_u64(DEAD_LANDING, 1);
    open_build(box, &thrown);
    build_abort(&build);
    assert_string_equal(build.report.crash->cause, HANDLED);
}

/* Another signal, a message of the C library's, no thread, no crash. */
static void other_ends_are_left_as_they_are(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct box *box = make(&thrown);
        siginfo_t info = {.si_signo = i == 0 ? SIGSEGV : SIGABRT};
        memcpy(box->crash.siginfo, &info, sizeof info);
        box->crash.abort_message[0] = i == 1 ? 'x' : '\0';
        open_build(box, &thrown);
        Inquest__V1__Crash *crash = build.report.crash;
        if (i == 2)
            build.report.n_threads = 0;
        if (i == 3)
            build.report.crash = NULL;
        build_abort(&build);
        assert_string_equal(crash->cause, AS_IT_WAS);
    }
}

/* Where libstdc++ is linked into the program: its call of the terminate
 * handler, behind which its call of abort lies (CODE + 32). */
static const struct scene linked_in = {
    PROGRAM, "main", {LIBC, DEAD_CODE + 16, DEAD_CODE + 32}, NULL};

static void put_branch(size_t at, uint8_t opcode, size_t target)
{
    int32_t distance = (int32_t)(target - (at + 5));

    memcpy(dead_at(at), &opcode, 1);
    memcpy((char *)dead_at(at) + 1, &distance, sizeof distance);
}

static void caught_one_counts_where_a_terminate_handler_aborts(void **state)
{
    static const struct {
        const char *cause;
        size_t called, next, jump; /* 0: no such instruction */
        size_t frames;
        bool caught;
    } cases[] = {
        {BOOM, 0, 0, 0, 3, false},
        {HANDLED, LIBC, LIBC, 0, 3, true},
        {HANDLED, LIBC, LIBC, DEAD_CODE + 40, 3, true},
        {AS_IT_WAS, LIBC, APP, 0, 3, true},
        {AS_IT_WAS, LIBC, 0, 0, 3, true},
        {AS_IT_WAS, 0, LIBC, 0, 3, true},
        {AS_IT_WAS, LIBC, LIBC, 0, 2, true},
        {AS_IT_WAS, LIBC, LIBC, 0, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct box *box = make(&linked_in);
        size_t next = cases[i].jump ? cases[i].jump : DEAD_CODE + 32;
        memset(dead_at(DEAD_CODE), 0x90, 48);
        if (cases[i].called)
            put_branch(DEAD_CODE + 16 - 5, 0xe8, cases[i].called);
        if (cases[i].jump)
            put_branch(DEAD_CODE + 32, 0xe9, cases[i].jump);
        if (cases[i].next)
            put_branch(next, 0xe8, cases[i].next);
        dead_put_u64(DEAD_LANDING, cases[i].caught);
        open_build(box, &linked_in);
        build.report.threads[0]->n_frames = cases[i].frames;
        build_abort(&build);
        if (strcmp(build.report.crash->cause, cases[i].cause) != 0)
            fail_msg("case %zu: %s", i, build.report.crash->cause);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_to_abort_has_its_words),
        cmocka_unit_test(terminate_without_an_exception_is_said),
        cmocka_unit_test(exception_that_was_caught_is_not_called_uncaught),
        cmocka_unit_test(other_ends_are_left_as_they_are),
        cmocka_unit_test(caught_one_counts_where_a_terminate_handler_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
