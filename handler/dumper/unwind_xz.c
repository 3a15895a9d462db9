/*
 * libunwind knows symbol tables that are packed with xz. We ask it for no
 * names; with liblzma linked, two CPUID before main are a fortieth of a dump in
 * a virtual machine. Its six functions, by the names of lzma.h, fail. Context:
 * tool.
 */
#include <stddef.h>
#include <stdint.h>

#define LZMA_OPTIONS_ERROR 8 /* lzma/base.h */

int lzma_index_buffer_decode(void **index, uint64_t *limit,
                             const void *allocator, const uint8_t *in,
                             size_t *position, size_t size);
void lzma_index_end(void *index, const void *allocator);
uint64_t lzma_index_size(const void *index);
uint64_t lzma_index_uncompressed_size(const void *index);
int lzma_stream_buffer_decode(uint64_t *limit, uint32_t flags,
                              const void *allocator, const uint8_t *in,
                              size_t *in_position, size_t in_size, uint8_t *out,
                              size_t *out_position, size_t out_size);
int lzma_stream_footer_decode(void *options, const uint8_t *in);

/* NOLINTBEGIN(readability-non-const-parameter,readability-function-size):
 * the signatures are liblzma's. */
int lzma_index_buffer_decode(void **index, uint64_t *limit,
                             const void *allocator, const uint8_t *in,
                             size_t *position, size_t size)
{
    (void)index;
    (void)limit;
    (void)allocator;
    (void)in;
    (void)position;
    (void)size;
    return LZMA_OPTIONS_ERROR;
}

void lzma_index_end(void *index, const void *allocator)
{
    (void)index;
    (void)allocator;
}

uint64_t lzma_index_size(const void *index)
{
    (void)index;
    return 0;
}

uint64_t lzma_index_uncompressed_size(const void *index)
{
    (void)index;
    return 0;
}

int lzma_stream_buffer_decode(uint64_t *limit, uint32_t flags,
                              const void *allocator, const uint8_t *in,
                              size_t *in_position, size_t in_size, uint8_t *out,
                              size_t *out_position, size_t out_size)
{
    (void)limit;
    (void)flags;
    (void)allocator;
    (void)in;
    (void)in_position;
    (void)in_size;
    (void)out;
    (void)out_position;
    (void)out_size;
    return LZMA_OPTIONS_ERROR;
}

int lzma_stream_footer_decode(void *options, const uint8_t *in)
{
    (void)options;
    (void)in;
    return LZMA_OPTIONS_ERROR;
}
/* NOLINTEND(readability-non-const-parameter,readability-function-size) */
