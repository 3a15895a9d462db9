/* The allow-list for short texts. Context: tool. */
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

#include "reporter/consent/known_text.h"

struct example {
    const char *from;
    const char *to;
};

static void expect(const struct known_text *known, const struct example *list,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *changed = NULL;
        assert_int_equal(known_text_filter(known, list[i].from, &changed),
                         strcmp(list[i].from, list[i].to) != 0);
        assert_string_equal(changed ? changed : list[i].from, list[i].to);
        free(changed);
    }
}

static void words_of_the_trade_stay_and_others_go(void **state)
{
    static const struct example list[] = {
        {"", ""},
        {"worker-3", "worker-3"},
        {"ThreadPoolForeg", "*"}, /* cut in the middle of a word */
        {"ThreadPool/12", "ThreadPool/12"},
        {"GCThread#0", "GCThread#0"},
        {"io:ann@example", "io:*@*"},
        {"conn 5551234567", "* *"},
        {"7f3a9c", "*"},
        {"M\xc3\xbcller-worker", "*-worker"},
        {"worker12345", "worker12345"},
        {"worker123456", "*"},
        {"../..", "../.."},
    };
    Inquest__V1__Report report = INQUEST__V1__REPORT__INIT;
    struct known_text known = {&report, NULL};

    (void)state;
    expect(&known, list, ARRAY_LENGTH(list));
}

static void names_of_program_modules_and_administrator_stay(void **state)
{
    static const struct example list[] = {
        {"ledger-sync", "ledger-sync"},
        {"dconf worker", "dconf worker"},
        {"mixer", "mixer"},
        {"ann worker", "* worker"},
        {"Decoder MIXER", "Decoder MIXER"},
        {"led", "led"},
        {"le", "*"},
    };
    Inquest__V1__Module module = INQUEST__V1__MODULE__INIT;
    Inquest__V1__Module *modules[] = {&module};
    Inquest__V1__App app = INQUEST__V1__APP__INIT;
    Inquest__V1__Report report = INQUEST__V1__REPORT__INIT;
    struct known_text known = {&report, "mixer, blender"};

    (void)state;
    module.path = (char *)"/home/ann/lib/libdconfsettings.so";
    app.name = (char *)"ledger";
    report.app = &app;
    report.modules = modules;
    report.n_modules = 1;
    expect(&known, list, ARRAY_LENGTH(list));
}

static void the_c_librarys_own_sentences_are_known(void **state)
{
    (void)state;
    assert_true(known_text_of_libc("free(): invalid pointer"));
    assert_true(known_text_of_libc("double free or corruption (out)"));
    assert_true(
        known_text_of_libc("*** stack smashing detected ***: terminated"));
    assert_true(known_text_of_libc(
        "demo: demo.c:12: main: Assertion `p != NULL' failed."));
    assert_false(known_text_of_libc("ann@example.org: not found"));
    assert_false(known_text_of_libc(""));
}

static void words_are_sorted_for_the_search(void **state)
{
    (void)state;
    for (size_t i = 1; i < known_word_count; i++)
        assert_true(strcmp(known_words[i - 1], known_words[i]) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_the_trade_stay_and_others_go),
        cmocka_unit_test(names_of_program_modules_and_administrator_stay),
        cmocka_unit_test(the_c_librarys_own_sentences_are_known),
        cmocka_unit_test(words_are_sorted_for_the_search),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
