/*
 * The privacy notice and data inventory, made of the class table alone: what
 * is filtered and what is told cannot differ. PRIVACY.md is notice_markdown,
 * committed; a lint test compares. Context: tool.
 */
#ifndef INQUEST_REPORTER_NOTICE_H
#define INQUEST_REPORTER_NOTICE_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/data_class.h"

#define NOTICE_WIDTH_MIN 60 /* of the text; below it lines get longer */

/* "crash logs, memory, …" and "when an endpoint is configured, …". */
const char *notice_what(enum data_class class);
const char *notice_leaves(enum data_class class);

/* Of all classes together: changes when any of data_notices does. */
uint32_t notice_version(void);

void notice_text(FILE *out, unsigned width);
void notice_markdown(FILE *out);
json_t *notice_json(void);

#endif
