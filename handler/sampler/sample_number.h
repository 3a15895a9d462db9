/*
 * The kernel's numbers as those of a sample, which are narrower: what is not
 * known, or too large, is BOX_UNKNOWN_*. Context: guest.
 */
#ifndef INQUEST_HANDLER_SAMPLE_NUMBER_H
#define INQUEST_HANDLER_SAMPLE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

uint16_t sample_u16(uint64_t value);
uint32_t sample_u32(uint64_t value);

/* bytes: UINT64_MAX for not known. */
uint32_t sample_pages(uint64_t bytes);

/*
 * What *total has risen by to now, which it becomes; 0 where one of the two is
 * UINT64_MAX, not known, as before the first reading.
 */
uint64_t sample_risen(uint64_t *total, uint64_t now);

/* The "key   12 kB" of text[size] in bytes; UINT64_MAX where there is none. */
uint64_t sample_kib(const char *text, size_t size, const char *key);

#endif
