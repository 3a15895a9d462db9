/* Names and texts, normalised. Context: tool. */
#include "collector/signature/frame_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "proto/base/compiler.h"
#include "proto/base/fmt.h"

#define RUST_HASH_DIGITS 16
#define HEX_WORD_MIN     8 /* "deadbeef": shorter ones may be words */

static const char *const clone_suffixes[] = {
    ".constprop.", ".isra.", ".part.", ".cold", ".lto_priv.", ".llvm.",
};

/* How ifunc variants of the C library end: strlen_avx2, memmove_sse2_…. */
static const char *const variants[] = {"_avx", "_sse", "_ssse", "_evex",
                                       "_erms"};

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Behind the bracket that closes the one at text. */
static const char *behind_bracket(const char *text, char open, char close)
{
    int depth = 0;

    for (; *text; text++) {
        if (*text == open)
            depth++;
        if (*text == close && !(close == '>' && text[-1] == '-') &&
            --depth == 0)
            return text + 1;
    }
    return text;
}

/* "operator<<" and the like: how many bytes belong to the name; 0: none. */
static size_t operator_bytes(const char *at)
{
    static const char word[] = "operator";

    if (!starts(at, word))
        return 0;
    size_t size = sizeof word - 1;
    if (isalnum((unsigned char)at[size]) || at[size] == '_')
        return 0;
    if (starts(at + size, "()") || starts(at + size, "[]"))
        return size + 2;
    if (at[size] == ' ') /* new, delete[], a conversion */
        return size + strcspn(at + size, "(<");
    return size + strspn(at + size, "<>=!+-*/%^&|~,");
}

/* What stays as it is; 0: nothing special here. */
static size_t kept_bytes(const char *at, bool starts_name)
{
    static const char anonymous[] = "(anonymous namespace)";

    if (starts(at, anonymous))
        return sizeof anonymous - 1;
    if (*at == '<' && starts_name) /* Rust: <Type as Trait>::method */
        return (size_t)(behind_bracket(at, '<', '>') - at);
    return starts_name ? operator_bytes(at) : 0;
}

static const char *skip_bracketed(const char *at)
{
    switch (*at) {
    case '<':
        return behind_bracket(at, '<', '>');
    case '(':
        at = behind_bracket(at, '(', ')');
        return starts(at, "::") ? at : ""; /* const, &, …: the end */
    case '[':
        return behind_bracket(at, '[', ']');
    default:
        return NULL;
    }
}

static void copy_plain(const char *at, struct text *out)
{
    bool starts_name = true;

    while (*at) {
        size_t kept = kept_bytes(at, starts_name);
        if (kept == 0 && starts(at, "{lambda(")) {
            text_append(out, "{lambda}");
            at = behind_bracket(at, '{', '}');
            continue;
        }
        if (kept > 0) {
            text_append_bytes(out, at, kept);
            at += kept;
            starts_name = false;
            continue;
        }
        const char *behind = skip_bracketed(at);
        if (behind) {
            at = behind;
            continue;
        }
        if (*at == ' ') { /* what was before it is a return type */
            *out = text_init(out->data, out->capacity);
        } else {
            text_append_bytes(out, at, 1);
        }
        starts_name = *at == ' ' || *at == ':';
        at++;
    }
}

static void cut_clone(char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(clone_suffixes); i++) {
        char *suffix = strstr(name, clone_suffixes[i]);
        if (suffix && suffix > name)
            *suffix = '\0';
    }
}

/* Rust's "::h" and 16 digits; "@plt", "@GLIBC_2.34". */
static void cut_end(char *name)
{
    size_t size = strlen(name);
    char *at = strchr(name, '@');

    if (at && at > name)
        *at = '\0';
    if (size <= RUST_HASH_DIGITS + 3)
        return;
    char *hash = name + size - RUST_HASH_DIGITS;
    if (strncmp(hash - 3, "::h", 3) == 0 &&
        strspn(hash, "0123456789abcdef") == RUST_HASH_DIGITS)
        hash[-3] = '\0';
}

/* __strlen_avx2 -> strlen; __GI_raise -> raise. */
static void cut_variant(char *name)
{
    if (starts(name, "__GI_"))
        memmove(name, name + 5, strlen(name + 5) + 1);
    if (!starts(name, "__"))
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(variants); i++) {
        char *variant = strstr(name, variants[i]);
        if (variant && variant > name + 2) {
            *variant = '\0';
            memmove(name, name + 2, strlen(name + 2) + 1);
            return;
        }
    }
}

void frame_name_normalise(const char *function, char ret_name[FRAME_NAME_BYTES])
{
    struct text out = text_init(ret_name, FRAME_NAME_BYTES);

    copy_plain(function, &out);
    if (out.size_bytes == 0)
        text_append(&out, function);
    cut_clone(ret_name);
    cut_end(ret_name);
    cut_variant(ret_name);
}

/* Bytes of a number or a long hexadecimal word at text; 0: none. */
static size_t number_bytes(const char *text)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return 2 + strspn(text + 2, digits);
    size_t word = strspn(text, digits);
    if (word >= HEX_WORD_MIN && strcspn(text, "0123456789") < word)
        return word;
    return strspn(text, "0123456789");
}

/* Behind the last slash of a path that starts at text; NULL: no path. */
static const char *path_name(const char *text)
{
    size_t size = strcspn(text, " \t\n'\"`:,;()");
    const char *slash = memrchr(text, '/', size);

    return *text == '/' && slash && slash[1] ? slash + 1 : NULL;
}

static void copy_word(const char *word, size_t size, struct text *out)
{
    while (size > 0) {
        size_t number = number_bytes(word);
        if (number > size)
            number = size;
        text_append_bytes(out, number ? "N" : word, 1);
        word += number ? number : 1;
        size -= number ? number : 1;
    }
}

void frame_text_normalise(const char *text, char ret_text[FRAME_NAME_BYTES])
{
    struct text out = text_init(ret_text, FRAME_NAME_BYTES);
    static const char ends[] = " \t\r\n'\"`,;()";

    while (*text) {
        const char *name = path_name(text);
        if (name)
            text = name;
        size_t size = strcspn(text, ends);
        copy_word(text, size, &out);
        text += size;
        size_t blank = strspn(text, " \t\r\n");
        if (blank > 0 && text[blank] && out.size_bytes > 0)
            text_append(&out, " ");
        if (blank == 0 && *text)
            text_append_bytes(&out, text, 1);
        text += blank ? blank : *text != '\0';
    }
}
