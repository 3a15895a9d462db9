/* Clamped, never cut. Context: guest. */
#include "handler/sampler/sample_number.h"

#include "proto/base/fmt.h"
#include "proto/box.h"

#define BYTES_PER_KIB 1024u
#define PAGE_BYTES    4096u

uint16_t sample_u16(uint64_t value)
{
    return value < BOX_UNKNOWN_U16 ? (uint16_t)value : BOX_UNKNOWN_U16;
}

uint32_t sample_u32(uint64_t value)
{
    return value < BOX_UNKNOWN_U32 ? (uint32_t)value : BOX_UNKNOWN_U32;
}

uint32_t sample_pages(uint64_t bytes)
{
    return bytes == UINT64_MAX ? BOX_UNKNOWN_U32
                               : sample_u32(bytes / PAGE_BYTES);
}

uint64_t sample_risen(uint64_t *total, uint64_t now)
{
    uint64_t before = *total;

    *total = now;
    return now != UINT64_MAX && before != UINT64_MAX && now > before
               ? now - before
               : 0;
}

uint64_t sample_kib(const char *text, size_t size, const char *key)
{
    uint64_t kib;

    return fmt_find_u64(text, size, key, &kib) < 0 ? UINT64_MAX
                                                   : kib * BYTES_PER_KIB;
}
