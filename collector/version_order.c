/* Versions in order. Context: tool. */
#include "collector/version_order.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "proto/base/compiler.h"

/* Earlier than the end of the text: negative; the end: 0; later: positive. */
static int rank(const char *at)
{
    static const char *const early[] = {"-rc", "-beta", "-alpha", "-pre",
                                        "-dev"};

    if (*at == '\0' || isdigit((unsigned char)*at))
        return 0;
    if (*at == '~')
        return -1;
    for (size_t i = 0; i < ARRAY_LENGTH(early); i++) {
        if (strncasecmp(at, early[i], strlen(early[i])) == 0)
            return -1;
    }
    return isalpha((unsigned char)*at) ? *at : *at + 256;
}

/* Compares two runs of digits and moves behind them. */
static int compare_numbers(const char **a, const char **b)
{
    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    size_t a_size = strspn(*a, "0123456789");
    size_t b_size = strspn(*b, "0123456789");
    int order =
        a_size != b_size ? (a_size < b_size ? -1 : 1) : strncmp(*a, *b, a_size);
    *a += a_size;
    *b += b_size;
    return order;
}

/* Compares what stands before the next digits and moves behind it. */
static int compare_words(const char **a, const char **b)
{
    while ((**a && !isdigit((unsigned char)**a)) ||
           (**b && !isdigit((unsigned char)**b))) {
        int order = rank(*a) - rank(*b);
        if (order != 0)
            return order;
        (*a)++;
        (*b)++;
    }
    return 0;
}

int version_compare(const char *a, const char *b)
{
    while (*a || *b) {
        int order = compare_words(&a, &b);
        if (order == 0)
            order = compare_numbers(&a, &b);
        if (order != 0)
            return order < 0 ? -1 : 1;
    }
    return 0;
}
