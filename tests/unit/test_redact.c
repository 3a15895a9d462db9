/*
 * Names out of free text: what goes, and what only looks like it.
 * Context: tool.
 */
#include "tests/unit/support.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/compiler.h"
#include "reporter/consent/redact.h"

static const struct redact ann = {
    .home = "/srv/people/ann",
    .user = "annabell",
    .host = "zephyr",
    .full_host = "zephyr.example.org",
};

struct pair {
    const char *text;
    const char *expected;
};

static void check(const struct redact *redact, const struct pair *pairs,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *changed = NULL;
        bool differs = strcmp(pairs[i].text, pairs[i].expected) != 0;
        assert_int_equal(redact_text(redact, pairs[i].text, &changed), differs);
        assert_string_equal(changed ? changed : pairs[i].text,
                            pairs[i].expected);
        free(changed);
    }
}

static void home_directories_go(void **unused)
{
    (void)unused;
    static const struct pair pairs[] = {
        {"/srv/people/ann", "~"},
        {"/srv/people/ann/a.txt", "~/a.txt"},
        {"open(/srv/people/ann)", "open(~)"},
        {"/srv/people/anna/a.txt", "/srv/people/anna/a.txt"},
        {"/srv/people/ann-old", "/srv/people/ann-old"},
        {"/home/somebody.else/x", "~/x"},
        {"'/home/bob': gone", "'~': gone"},
        {"/home/", "/home/"},
        {"/usr/home/bob", "/usr~"},
        {"", ""},
    };

    check(&ann, pairs, ARRAY_LENGTH(pairs));
}

static void names_go_as_words_of_their_own(void **unused)
{
    (void)unused;
    static const struct pair pairs[] = {
        {"annabell", "<user>"},
        {"ANNABELL's file", "<user>'s file"},
        {"annabells", "annabells"},
        {"my_annabell", "my_annabell"},
        {"zephyr: down", "<host>: down"},
        {"at zephyr.example.org.", "at <host>."},
        {"zephyrs", "zephyrs"},
        {"annabell on zephyr", "<user> on <host>"},
    };

    check(&ann, pairs, ARRAY_LENGTH(pairs));
}

static void addresses_go(void **unused)
{
    (void)unused;
    static const struct pair pairs[] = {
        {"to ann.b+c%d@mail-1.example.org now", "to <email> now"},
        {"<x@y.de>", "<<email>>"},
        {"x@y.de.", "<email>."},
        {"x@localhost", "x@localhost"},
        {"@y.de", "@y.de"},
        {"a@", "a@"},
    };

    check(&ann, pairs, ARRAY_LENGTH(pairs));
}

static void what_is_not_known_or_short_is_a_word_like_any_other(void **unused)
{
    (void)unused;
    static const struct redact nobody;
    static const struct redact brief = {.user = "al", .host = "pc"};
    static const struct pair pairs[] = {
        {"al on pc at /srv/people/ann", "al on pc at /srv/people/ann"},
        {"annabell", "annabell"},
    };

    check(&nobody, pairs, ARRAY_LENGTH(pairs));
    check(&brief, pairs, ARRAY_LENGTH(pairs));
}

static void the_variable_names_the_home_without_its_slashes(void **unused)
{
    (void)unused;
    struct redact redact;

    assert_int_equal(setenv("HOME", "/tmp/people/ann//", 1), 0);
    redact_init(geteuid(), &redact);
    assert_string_equal(redact.home, "/tmp/people/ann");
    assert_int_equal(setenv("HOME", "relative", 1), 0);
    redact_init(geteuid(), &redact);
    assert_string_not_equal(redact.home, "relative");
    assert_int_equal(setenv("HOME", "/", 1), 0);
    redact_init(geteuid(), &redact);
    assert_string_not_equal(redact.home, "/");
    redact_init((uid_t)-2, &redact); /* nobody has it */
    assert_string_equal(redact.home, "");
    assert_string_equal(redact.user, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(home_directories_go),
        cmocka_unit_test(names_go_as_words_of_their_own),
        cmocka_unit_test(addresses_go),
        cmocka_unit_test(what_is_not_known_or_short_is_a_word_like_any_other),
        cmocka_unit_test(the_variable_names_the_home_without_its_slashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
