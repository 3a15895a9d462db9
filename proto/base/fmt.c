/* Bounded text and numbers. Context: any. */
#include "proto/base/fmt.h"

#include <errno.h>
#include <string.h>

#include "proto/base/err.h"

struct text text_init(char *buffer, size_t capacity)
{
    buffer[0] = '\0';
    return (struct text){.data = buffer, .capacity = capacity};
}

void text_append_bytes(struct text *text, const char *bytes, size_t count)
{
    size_t room = text->capacity - 1 - text->size_bytes;

    if (count > room) {
        count = room;
        text->cut = true;
    }
    memcpy(text->data + text->size_bytes, bytes, count);
    text->size_bytes += count;
    text->data[text->size_bytes] = '\0';
}

void text_append(struct text *text, const char *string)
{
    text_append_bytes(text, string, strlen(string));
}

static void append_digits(struct text *text, uint64_t value, unsigned base,
                          unsigned digits)
{
    char buffer[64];
    size_t at = sizeof buffer;

    do {
        buffer[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    while (sizeof buffer - at < digits && at > 0)
        buffer[--at] = '0';
    text_append_bytes(text, buffer + at, sizeof buffer - at);
}

void text_append_u64(struct text *text, uint64_t value)
{
    append_digits(text, value, 10, 1);
}

void text_append_i64(struct text *text, int64_t value)
{
    if (value < 0)
        text_append(text, "-");
    append_digits(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10,
                  1);
}

void text_append_hex(struct text *text, uint64_t value, unsigned digits)
{
    append_digits(text, value, 16, digits);
}

/* The value of a digit, or 255. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 255;
}

int fmt_parse_u64(const char **at, const char *end, unsigned base,
                  uint64_t *ret_value)
{
    const char *p = *at;
    uint64_t value = 0;

    for (; p < end && digit_value(*p) < base; p++) {
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit_value(*p), &value))
            return -ERANGE;
    }
    if (p == *at)
        return -EINVAL;
    *at = p;
    *ret_value = value;
    return 0;
}

int fmt_find_u64(const char *text, size_t size, const char *key,
                 uint64_t *ret_value)
{
    const char *end = text + size;
    size_t key_size = strlen(key);

    for (const char *line = text; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        if ((size_t)(next - line) > key_size &&
            memcmp(line, key, key_size) == 0) {
            const char *at = line + key_size;
            while (at < next && (*at == ' ' || *at == '\t'))
                at++;
            return fmt_parse_u64(&at, next, 10, ret_value);
        }
        line = next;
    }
    return -ERR_NOT_FOUND;
}
