/* symbolicate/demangle.h. Context: tool. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbolicate/demangle.h"
#include "tests/unit/support.h"

static void assert_demangles(const char *name, const char *expected)
{
    char *plain = demangle(name);

    assert_non_null(plain);
    assert_string_equal(plain, expected);
    free(plain);
}

static void cxx_and_both_manglings_of_rust_are_readable(void **state)
{
    (void)state;
    assert_demangles("_ZN5shape5outerEi", "shape::outer(int)");
    assert_demangles("_ZN5shape5outerEi.cold",
                     "shape::outer(int) [clone .cold]");
    assert_demangles("_ZN6matrix5shape5outer17h0123456789abcdefE",
                     "matrix::shape::outer");
    assert_demangles("_RNvNtCs1234_6matrix5shape5outer",
                     "matrix::shape::outer");
}

/* As most are: the letters $ and . of generics, a suffix of LLVM's. */
static void older_names_of_rust_generics_are_readable(void **state)
{
    (void)state;
    assert_demangles("_ZN72_$LT$alloc..boxed..Box$LT$T$C$A$GT$$u20$as$u20$"
                     "core..ops..drop..Drop$GT$4drop17h2fa299a22fc33f37E",
                     "<alloc::boxed::Box<T,A> as core::ops::drop::Drop>::drop");
    assert_demangles("_ZN4core3ptr31drop_in_place$LT$a..b..Area$GT$"
                     "17h618ff938003a5cd4E.llvm.18428811838037180115",
                     "core::ptr::drop_in_place<a::b::Area>");
}

/* Ends in a hash's letters, but is no Rust: the C++ reading stands. */
static void a_cxx_name_is_not_taken_for_rust(void **state)
{
    (void)state;
    assert_demangles("_ZN1a17hxxxxxxxxxxxxxxxxE", "a::hxxxxxxxxxxxxxxxx");
}

static void what_is_not_mangled_is_left_alone(void **state)
{
    (void)state;
    assert_null(demangle("main"));
    assert_null(demangle("_Z"));
    assert_null(demangle(""));
}

/* Each parameter is a<p, p> of the one before: 2^60 letters in 600. */
static void a_name_that_doubles_without_end_is_left_alone(void **state)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char name[1024] = "_Z1f1aIiiE";
    char *end = name + strlen(name);

    (void)state;
    for (int i = 0; i < 60; i++) {
        char before[8];
        (void)snprintf(before, sizeof before, i < 36 ? "S%c_" : "S1%c_",
                       digits[i % 36]);
        end += sprintf(end, "S_I%s%sE", before, before);
    }
    assert_null(demangle(name));
    end[0] = '\0';
    assert_null(demangle_type(name + 3));
}

static void a_name_beyond_the_limit_is_left_alone(void **state)
{
    static char name[DEMANGLE_BYTES_MAX + 64];

    (void)state;
    memset(name, 'i', sizeof name - 1);
    memcpy(name, "_Z1f", 4);
    assert_null(demangle(name));
    name[1000] = '\0'; /* well below it */
    char *plain = demangle(name);
    assert_non_null(plain);
    free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cxx_and_both_manglings_of_rust_are_readable),
        cmocka_unit_test(older_names_of_rust_generics_are_readable),
        cmocka_unit_test(a_cxx_name_is_not_taken_for_rust),
        cmocka_unit_test(what_is_not_mangled_is_left_alone),
        cmocka_unit_test(a_name_that_doubles_without_end_is_left_alone),
        cmocka_unit_test(a_name_beyond_the_limit_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
