/* The order of versions: deb-version(7), "Sorting algorithm". Context: tool. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "reporter/app/app_history.h"

/* '~' before the end, the end before letters, letters before the rest. */
static int order(char c)
{
    if (c == '~')
        return -1;
    if (c == '\0' || isdigit((unsigned char)c))
        return 0;
    return isalpha((unsigned char)c) ? c : c + 256;
}

static int compare_words(const char **a, const char **b)
{
    while ((**a != '\0' && !isdigit((unsigned char)**a)) ||
           (**b != '\0' && !isdigit((unsigned char)**b))) {
        int difference = order(**a) - order(**b);
        if (difference != 0)
            return difference;
        *a += **a != '\0';
        *b += **b != '\0';
    }
    return 0;
}

/* Numbers of any length: without leading zeros the longer is the larger. */
static int compare_numbers(const char **a, const char **b)
{
    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    size_t a_size = strspn(*a, "0123456789");
    size_t b_size = strspn(*b, "0123456789");
    int difference = a_size == b_size  ? memcmp(*a, *b, a_size)
                     : a_size < b_size ? -1
                                       : 1;
    *a += a_size;
    *b += b_size;
    return difference;
}

static unsigned long epoch(const char **version)
{
    const char *colon = strchr(*version, ':');
    unsigned long number = colon ? strtoul(*version, NULL, 10) : 0;

    if (colon)
        *version = colon + 1;
    return number;
}

int app_version_compare(const char *a, const char *b)
{
    unsigned long a_epoch = epoch(&a);
    unsigned long b_epoch = epoch(&b);

    if (a_epoch != b_epoch)
        return a_epoch < b_epoch ? -1 : 1;
    while (*a != '\0' || *b != '\0') {
        int difference = compare_words(&a, &b);
        if (difference == 0)
            difference = compare_numbers(&a, &b);
        if (difference != 0)
            return difference;
    }
    return 0;
}
