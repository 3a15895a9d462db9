/* What a terminal is like. Context: tool. */
#ifndef INQUEST_REPORTER_TERMINAL_H
#define INQUEST_REPORTER_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TERMINAL_WIDTH_DEFAULT 80

/* Columns of the terminal at fd, else COLUMNS, else the default. */
unsigned terminal_width(int fd);

/* Whether the locale's text is UTF-8 (setlocale has been called). */
bool terminal_utf8(void);

/*
 * How many of the bytes of UTF-8 text fit columns columns, each character
 * taken for one.
 */
size_t terminal_fit(const char *text, size_t columns);

/*
 * The words of text and a line end, from column on, where the cursor stands:
 * a line breaks before width is too little and goes on at column again.
 */
void terminal_wrap(FILE *out, const char *text, unsigned column,
                   unsigned width);

#endif
