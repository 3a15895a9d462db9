/* Word by word against what is known. Context: tool. */
#include "reporter/consent/known_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/compiler.h"

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int compare(const void *word, const void *entry)
{
    return strcmp(word, *(const char *const *)entry);
}

/* A word of a list "mixer, decoder". */
static bool is_listed(const char *list, const char *word)
{
    const size_t size = strlen(word);

    while (list && *list != '\0') {
        list += strspn(list, ", \t");
        size_t length = strcspn(list, ", \t");
        if (length == size && strncasecmp(list, word, size) == 0)
            return true;
        list += length;
    }
    return false;
}

/* Whether the last part of a path holds the word. */
static bool is_named(const char *path, const char *word)
{
    const char *slash = strrchr(path, '/');

    return strcasestr(slash ? slash + 1 : path, word) != NULL;
}

static bool is_in_report(const Inquest__V1__Report *report, const char *word)
{
    if (strlen(word) < KNOWN_WORD_MIN)
        return false;
    if (report->app && strcasestr(report->app->name, word))
        return true;
    if (report->process && is_named(report->process->executable, word))
        return true;
    for (size_t i = 0; i < report->n_modules; i++) {
        if (is_named(report->modules[i]->path, word))
            return true;
    }
    return false;
}

/* Our words are ASCII, whatever the locale says. */
static void lower(const char *text, size_t size, char *word)
{
    for (size_t i = 0; i < size; i++) {
        bool capital = text[i] >= 'A' && text[i] <= 'Z';
        word[i] = (char)(capital ? text[i] - 'A' + 'a' : text[i]);
    }
    word[size] = '\0';
}

static bool is_known_word(const struct known_text *known, const char *text,
                          size_t size)
{
    char word[KNOWN_WORD_BYTES];

    if (size >= sizeof word)
        return false;
    lower(text, size, word);
    return bsearch(word, known_words, known_word_count, sizeof *known_words,
                   compare) ||
           is_listed(known->extra, word) || is_in_report(known->report, word);
}

/* Where a word begins inside a run: "PoolFree", "GCThread". */
static bool begins_word(const char *text, size_t at)
{
    if (at == 0 || !isupper((unsigned char)text[at]))
        return false;
    return islower((unsigned char)text[at - 1]) ||
           islower((unsigned char)text[at + 1]);
}

static size_t letters(const char *text)
{
    size_t size = 0;

    while (is_letter(text[size]) && !begins_word(text, size))
        size++;
    return size;
}

static size_t digits(const char *text)
{
    size_t size = 0;

    while (is_digit(text[size]))
        size++;
    return size;
}

/* Whether a run of letters and digits is words and short numbers. */
static bool is_known_run(const struct known_text *known, const char *run,
                         size_t size)
{
    /* As it stands, say "Thread" or "ThreadPool"; then in its parts. */
    for (size_t at = 0; at < size;) {
        size_t part = letters(run + at);
        if (part > 0 && !is_known_word(known, run + at, part))
            return false;
        if (part == 0) {
            part = digits(run + at);
            /* "7f3a": a number before letters is part of something else. */
            if (part > KNOWN_NUMBER_DIGITS || at + part < size)
                return false;
        }
        at += part;
    }
    return true;
}

int known_text_filter(const struct known_text *known, const char *text,
                      char **ret_text)
{
    char *result = malloc(strlen(text) + 1);
    char *to = result;
    bool changed = false;

    if (!result)
        return -ENOMEM;
    while (*text != '\0') {
        size_t size = 0;
        while (is_letter(text[size]) || is_digit(text[size]))
            size++;
        if (size == 0) {
            *to++ = *text++;
            continue;
        }
        if (is_known_run(known, text, size)) {
            memcpy(to, text, size);
            to += size;
        } else {
            *to++ = '*';
            changed = true;
        }
        text += size;
    }
    *to = '\0';
    if (changed) {
        *ret_text = result;
        return 1;
    }
    free(result);
    return 0;
}

/* "[PROGRAM: ]FILE:LINE: FUNCTION: Assertion `EXPRESSION' failed." */
static bool is_assertion(const char *message)
{
    const char *colon = strchr(message, ':');
    const char *assertion = strstr(message, ": Assertion `");

    return colon && assertion && colon < assertion &&
           strstr(assertion, "' failed.") != NULL;
}

bool known_text_of_libc(const char *message)
{
    /* Of malloc/malloc.c, debug/fortify_fail.c, debug/stack_chk_fail.c. */
    static const char *const beginnings[] = {
        "free(): ",
        "malloc(): ",
        "realloc(): ",
        "double free or ",
        "corrupted ",
        "munmap_chunk(): ",
        "malloc_consolidate(): ",
        "sysmalloc(): ",
        "malloc: ",
        "mremap_chunk(): ",
        "*** stack smashing detected ***",
        "*** buffer overflow detected ***",
        "*** %n in writable segment",
        "*** invalid %N$ use detected ***",
        "*** longjmp causes uninitialized stack frame ***",
        "The futex facility returned an unexpected error code",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(beginnings); i++) {
        if (strncmp(message, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    }
    return is_assertion(message);
}
