/* Grouping: names, and which reports belong together. Context: tool. */
#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/intake/spike.h"
#include "collector/signature/evidence.h"
#include "collector/signature/frame_name.h"
#include "collector/signature/signature.h"
#include "collector/version_order.h"

/* Frames as "name" or "module+offset", innermost first, blanks between. */
static json_t *evidence(const char *frames)
{
    json_t *array = json_array();
    char *copy = strdup(frames);
    char *rest = copy;

    for (char *word = strsep(&rest, ";"); word; word = strsep(&rest, ";")) {
        char *plus = strrchr(word, '+');
        json_t *frame = json_object();
        char *bang = strchr(word, '!');
        if (plus && !bang) {
            *plus = '\0';
            json_object_set_new(frame, "module", json_string(word));
            json_object_set_new(frame, "buildId",
                                json_string("0123456789abcdef"));
            json_object_set_new(frame, "moduleOffset", json_string(plus + 1));
        } else {
            if (bang)
                *bang = '\0';
            json_object_set_new(frame, "module",
                                json_string(bang ? word : "/usr/bin/app"));
            json_object_set_new(frame, "function",
                                json_string(bang ? bang + 1 : word));
            json_object_set_new(frame, "moduleOffset", json_string("0x1"));
        }
        json_array_append_new(array, frame);
    }
    free(copy);
    return json_pack("{s:s,s:s,s:s,s:s,s:o}", "kind", "CRASH", "app", "app",
                     "signal", "SIGSEGV", "code", "fault", "frames", array);
}

static struct signature sign(json_t *json)
{
    struct signature signature;

    signature_make(1, json, NULL, &signature);
    json_decref(json);
    return signature;
}

static void names_lose_what_differs_from_build_to_build(void **state)
{
    static const char *const table[][2] = {
        {"main", "main"},
        {"ns::Tree<int, std::less<int> >::add(int)", "ns::Tree::add"},
        {"void ns::apply<Foo>(Foo const&) [clone .isra.0]", "ns::apply"},
        {"std::vector<int> build<3>(char)", "build"},
        {"parse.constprop.0.isra.4", "parse"},
        {"slow_path.cold", "slow_path"},
        {"worker.part.12.lto_priv.3", "worker"},
        {"(anonymous namespace)::load(char const*)",
         "(anonymous namespace)::load"},
        {"run()::{lambda(int)#2}::operator()(int) const",
         "run::{lambda}::operator()"},
        {"operator<<(std::ostream&, Foo const&)", "operator<<"},
        {"Foo::operator->() const", "Foo::operator->"},
        {"operator new(unsigned long)", "operator new"},
        {"operator delete[](void*)", "operator delete[]"},
        {"Foo::operator bool() const", "Foo::operator bool"},
        {"name[abi:cxx11](int)", "name"},
        {"non-virtual thunk to Foo::bar()", "Foo::bar"},
        {"app::task::run::h0123456789abcdef", "app::task::run"},
        {"<app::Task as core::fmt::Debug>::fmt",
         "<app::Task as core::fmt::Debug>::fmt"},
        {"__memmove_avx_unaligned_erms", "memmove"},
        {"__strlen_sse2", "strlen"},
        {"__strlen_avx2", "strlen"},
        {"__GI_raise", "raise"},
        {"free@plt", "free"},
        {"", ""},
        {"<", "<"},
        {"a(b", "a"},
        {"operator", "operator"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        char name[FRAME_NAME_BYTES];
        frame_name_normalise(table[i][0], name);
        assert_string_equal(name, table[i][1]);
    }
}

static void texts_lose_numbers_and_paths(void **state)
{
    static const char *const table[][2] = {
        {"double free or corruption (out)", "double free or corruption (out)"},
        {"prog: /home/ann/src/a.c:12: f: Assertion `x > 0' failed.\n",
         "prog: a.c:N: f: Assertion `x > N' failed."},
        {"bad pointer 0x7ffd1234 in  arena 3", "bad pointer N in arena N"},
        {"object deadbeef01 gone", "object N gone"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        char text[FRAME_NAME_BYTES];
        frame_text_normalise(table[i][0], text);
        assert_string_equal(text, table[i][1]);
    }
}

static void signatures_name_the_fault(void **state)
{
    static const char *const table[][2] = {
        {"crash_here;main", "crash_here"},
        {"__memmove_avx_unaligned_erms;copy(char*);main", "memmove | copy"},
        {"raise;abort;check_state;main", "check_state"},
        {"/lib/libc.so.6!qsort_r;compare;main", "qsort_r | compare"},
        {"std::vector<int>::at(unsigned long);get(int);main",
         "std::vector::at | get"},
        {"raise;abort;__fortify_fail;__stack_chk_fail;copy_name;main",
         "__fortify_fail | copy_name"},
        {"/lib/libc.so.6+0x1;/opt/x/app+0x1234;/lib/libc.so.6+0x2",
         "app@01234567+0x1234"},
        /* No application frame: never one bucket for all. */
        {"/lib/libc.so.6+0x91;/lib/libc.so.6+0x2", "libc.so.6@01234567+0x91"},
        {"raise;abort;_start", "app@none+0x1"},
        {"/x/libinquest.so!run_main;work;main", "work"},
        {"OTHER", "OTHER"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        assert_string_equal(sign(evidence(table[i][0])).title, table[i][1]);
}

static void alike_are_one_group(void **state)
{
    static const char *const same[][2] = {
        /* other offsets and modules' places, with names */
        {"/usr/bin/app!f;/usr/bin/app!main", "/opt/2/app!f;/opt/2/app!main"},
        {"f.constprop.0;main", "f.isra.3;main"},
        {"Tree<int>::add(int);main", "Tree<long>::add(long);main"},
        {"recurse;recurse;recurse;main", "recurse;main"},
        {"a;b;a;b;a;b;main", "a;b;main"},
        {"__strlen_avx2;show;main", "__strlen_sse2;show;main"},
        {"f;g;main", "f;h;main"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(same); i++) {
        assert_int_equal(sign(evidence(same[i][0])).id,
                         sign(evidence(same[i][1])).id);
    }
}

static void strangers_are_not_one_group(void **state)
{
    static const char *const other[][2] = {
        {"f;main", "g;main"},
        {"memcpy;f;main", "memcpy;g;main"},
        {"/lib/libc.so.6+0x91;_start", "/lib/libc.so.6+0x92;_start"},
        {"/opt/app+0x10", "/opt/app+0x20"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(other); i++) {
        assert_int_not_equal(sign(evidence(other[i][0])).id,
                             sign(evidence(other[i][1])).id);
    }
}

static void signal_code_abort_text_and_project_divide(void **state)
{
    static const char *const keys[] = {"signal",    "code", "abortMessage",
                                       "exception", "kind", "app"};
    int64_t plain = sign(evidence("f;main")).id;
    struct signature other;
    json_t *json = evidence("f;main");

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        json_t *changed = evidence("f;main");
        json_object_set_new(changed, keys[i], json_string("other"));
        assert_int_not_equal(sign(changed).id, plain);
    }
    signature_make(2, json, NULL, &other);
    json_decref(json);
    assert_int_not_equal(other.id, plain);
}

static void out_of_memory_says_so(void **state)
{
    json_t *killed = json_pack("{s:s,s:s,s:s,s:[]}", "kind", "TERMINATION",
                               "app", "app", "detail", "OOM_KILL", "frames");
    json_t *thrown = evidence("abort;grow;main");

    (void)state;
    assert_string_equal(sign(killed).title, "OOM");
    json_object_set_new(thrown, "exception", json_string("std::bad_alloc"));
    assert_string_equal(sign(thrown).title, "OOM | grow");
}

static void explanation_names_rule_list_and_line(void **state)
{
    json_t *json = evidence("raise;memcpy;work;main");
    json_t *steps = json_array();
    struct signature signature;
    static const char *const rules[] = {"irrelevant", "prefix", "taken",
                                        "none"};

    (void)state;
    signature_make(1, json, steps, &signature);
    assert_int_equal(json_array_size(steps), 4);
    for (size_t i = 0; i < 4; i++) {
        const json_t *step = json_array_get(steps, i);
        assert_string_equal(json_string_value(json_object_get(step, "rule")),
                            rules[i]);
    }
    const json_t *first = json_array_get(steps, 0);
    assert_string_equal(json_string_value(json_object_get(first, "list")),
                        "irrelevant.txt");
    assert_true(json_integer_value(json_object_get(first, "line")) > 1);
    json_decref(json);
    json_decref(steps);
}

static void hostile_text_becomes_json(void **state)
{
    static const char *const table[] = {"\xff\xfe", "a\x01\x7f", "\xc3",
                                        "<script>"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        json_t *json = clean_json(table[i], 16);
        assert_non_null(json);
        json_decref(json);
    }
    json_t *cut = clean_json("\xc3\xa4\xc3\xa4", 3);
    assert_string_equal(json_string_value(cut), "\xc3\xa4");
    json_decref(cut);
}

static void versions_have_an_order(void **state)
{
    static const char *const rising[] = {
        "",      "0.9",   "1.0~git1", "1.0-rc1", "1.0-rc2", "1.0",
        "1.0-1", "1.0.1", "1.2",      "1.10",    "2",       "10.0"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rising); i++) {
        assert_int_equal(version_compare(rising[i], rising[i]), 0);
        for (size_t j = i + 1; j < ARRAY_LENGTH(rising); j++) {
            if (version_compare(rising[i], rising[j]) >= 0 ||
                version_compare(rising[j], rising[i]) <= 0)
                fail_msg("%s and %s", rising[i], rising[j]);
        }
    }
    assert_int_equal(version_compare("1.01", "1.1"), 0);
}

static void a_spike_stands_out(void **state)
{
    const int64_t quiet[SPIKE_DAYS] = {0};
    const int64_t busy[SPIKE_DAYS] = {10, 10, 10, 10, 10, 10, 10};

    (void)state;
    assert_false(spike_is(9, quiet));
    assert_true(spike_is(10, quiet));
    assert_false(spike_is(39, busy));
    assert_true(spike_is(40, busy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lose_what_differs_from_build_to_build),
        cmocka_unit_test(texts_lose_numbers_and_paths),
        cmocka_unit_test(signatures_name_the_fault),
        cmocka_unit_test(alike_are_one_group),
        cmocka_unit_test(strangers_are_not_one_group),
        cmocka_unit_test(signal_code_abort_text_and_project_divide),
        cmocka_unit_test(out_of_memory_says_so),
        cmocka_unit_test(explanation_names_rule_list_and_line),
        cmocka_unit_test(hostile_text_becomes_json),
        cmocka_unit_test(versions_have_an_order),
        cmocka_unit_test(a_spike_stands_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
