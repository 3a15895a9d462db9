/*
 * A function's name without what differs from build to build: template and
 * parameter lists, return types, clone suffixes, hashes, processor variants.
 *
 *     void ns::Tree<int>::add(int) [clone .isra.0]  ->  ns::Tree::add
 *     __memmove_avx_unaligned_erms                  ->  memmove
 *
 * Pure. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_SIGNATURE_FRAME_NAME_H
#define INQUEST_COLLECTOR_SIGNATURE_FRAME_NAME_H

#include <stddef.h>

#define FRAME_NAME_BYTES 160 /* with the NUL; longer names are cut */

/* function: demangled; borrowed. */
void frame_name_normalise(const char *function,
                          char ret_name[FRAME_NAME_BYTES]);

/*
 * Free text without what differs from run to run: numbers and addresses
 * become N, paths their last part, white space one blank; at most
 * FRAME_NAME_BYTES - 1 bytes. For abort messages.
 */
void frame_text_normalise(const char *text, char ret_text[FRAME_NAME_BYTES]);

#endif
