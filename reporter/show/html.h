/*
 * What our pages have in common: one file that needs nothing but itself, no
 * script, light and dark, on paper too. Everything foreign is escaped.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_HTML_H
#define INQUEST_REPORTER_HTML_H

#include <jansson.h>
#include <stdio.h>

/* Writes text with &, <, >, " and ' as references, controls as '?'. */
void html_escape(FILE *out, const char *text);

/* Up to and with the first heading, which is title. what: of the tab too. */
void html_begin(FILE *out, const char *title, const char *what);
void html_end(FILE *out);

/* A term of a <dl>, where it has a value. */
void html_term(FILE *out, const char *name, const char *value);

/* A heading and sentences as a list, where there are any. */
void html_sentences(FILE *out, const char *title, const json_t *sentences);

/* The style sheet: that of pages, and that of charts (html_style.c). */
extern const char html_style[];
extern const char html_style_charts[];

#endif
