/*
 * CRC-32C (Castagnoli), as in RFC 3720 appendix B.4: the check sequence for
 * the ASCII digits "123456789" is 0xe3069283. Context: any.
 */
#ifndef INQUEST_PROTO_BASE_CRC32C_H
#define INQUEST_PROTO_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Start with crc = 0; feed the result back in to go on. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size_bytes);

#endif
