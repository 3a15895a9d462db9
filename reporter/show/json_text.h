/*
 * JSON for a terminal or a pipe. Context: tool.
 */
#ifndef INQUEST_REPORTER_JSON_TEXT_H
#define INQUEST_REPORTER_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/*
 * As json_dumpf, but DEL and U+0080 to U+009F are escaped as well (RFC 8259
 * section 7 allows it), for a terminal may take them for orders. Whether it was
 * written is said by ferror and fflush. Borrows all.
 */
void json_text_print(const json_t *json, FILE *out, size_t flags);

#endif
