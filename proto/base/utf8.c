/* Well-formed UTF-8. Context: any. */
#include "proto/base/utf8.h"

#include <stdint.h>

static bool continues(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The range of the second byte keeps out overlong forms and surrogates. */
static bool second_fits(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return continues(second);
    }
}

/* Bytes of the sequence that begins there; 0: none does. */
static size_t sequence(const uint8_t *at, size_t room)
{
    size_t size = 0;

    if (at[0] < 0x80)
        return 1;
    if (at[0] >= 0xc2 && at[0] <= 0xdf)
        size = 2;
    if (at[0] >= 0xe0 && at[0] <= 0xef)
        size = 3;
    if (at[0] >= 0xf0 && at[0] <= 0xf4)
        size = 4;
    if (size == 0 || size > room || !second_fits(at[0], at[1]))
        return 0;
    for (size_t i = 2; i < size; i++) {
        if (!continues(at[i]))
            return 0;
    }
    return size;
}

bool utf8_repair(char *text, size_t size)
{
    uint8_t *bytes = (uint8_t *)text;
    bool wrong = false;

    for (size_t at = 0; at < size;) {
        size_t step = sequence(bytes + at, size - at);
        if (step == 0) {
            bytes[at] = '?';
            wrong = true;
            step = 1;
        }
        at += step;
    }
    return wrong;
}
