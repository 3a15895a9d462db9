/*
 * Text of programs, files and machines need not be UTF-8; the strings of a
 * protobuf message must be. Context: any.
 */
#ifndef INQUEST_PROTO_BASE_UTF8_H
#define INQUEST_PROTO_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Puts '?' in place of every byte of text[size] that is no part of a
 * well-formed sequence (RFC 3629 section 4). The size stays. Nothing is
 * written where nothing is wrong, so that a constant may be handed in. True:
 * something was wrong.
 */
bool utf8_repair(char *text, size_t size);

#endif
