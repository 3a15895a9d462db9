/* Answers as text and as JSON, a line each. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_PRINT_H
#define INQUEST_SYMBOLICATE_PRINT_H

#include <jansson.h>

#include "symbolicate/symbols.h"

/* {"address","frames":[{"function","file","line","inlined"}]} */
json_t *answer_json(uint64_t address, const struct symbols_frame *frames,
                    size_t count);
/* Takes answer. */
void print_json(json_t *answer);
/* The same line as answer_json's, without building the object. */
void print_json_answer(uint64_t address, const struct symbols_frame *frames,
                       size_t count);
void print_text(uint64_t address, const struct symbols_frame *frames,
                size_t count);

/* What was found and where, or tried: {"state","buildId","path","tried"}. */
json_t *debug_json(const struct symbols *symbols);
void print_debug(const struct symbols *symbols);

#endif
