/*
 * The allow-list for short texts that a program writes while it runs: names of
 * threads, messages of a dying program. A word leaves when it is one of the
 * trade (known_words.c), one that the administrator names, or part of the name
 * of the program or of a module, which the report tells anyway; a number
 * when it is short. Whatever else stands there becomes '*'. Context: tool.
 */
#ifndef INQUEST_REPORTER_KNOWN_TEXT_H
#define INQUEST_REPORTER_KNOWN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/report_codec.h"

#define KNOWN_NUMBER_DIGITS 5 /* longer ones may be somebody's */
#define KNOWN_WORD_MIN      3 /* of a module's name: shorter ones say nothing */
#define KNOWN_WORD_BYTES    48 /* longer ones are none */

struct known_text {
    const Inquest__V1__Report *report; /* whose modules and program count */
    const char *extra;                 /* "mixer, decoder"; NULL: none */
};

/*
 * 1: *ret_text, from malloc, has a '*' for each word that is not known; 0: all
 * are. Fails with -ENOMEM: the text may not leave then.
 */
MUST_CHECK int known_text_filter(const struct known_text *known,
                                 const char *text, char **ret_text);

/*
 * Whether it is a message of the C library: its fixed sentences, or a failed
 * assertion, whose words were compiled in.
 */
bool known_text_of_libc(const char *message);

/* The words of the trade, lower-case, sorted. */
extern const char *const known_words[];
extern const size_t known_word_count;

#endif
