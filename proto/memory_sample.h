/*
 * A sample of the box's rings as a sample of the report: pages become bytes,
 * and what was not known is left out. Context: tool.
 */
#ifndef INQUEST_PROTO_MEMORY_SAMPLE_H
#define INQUEST_PROTO_MEMORY_SAMPLE_H

#include "proto/box_history.h"
#include "proto/report_codec.h"

/* Initialises *ret_sample; nothing in it is allocated. */
void memory_sample_fill(const struct box_sample *sample, int64_t unix_ms,
                        Inquest__V1__MemorySample *ret_sample);

/* By kind, as the sampler knew it last. False: it did not know. */
MUST_CHECK bool
memory_categories_fill(const struct box_sampler *sampler,
                       Inquest__V1__MemoryCategories *ret_categories);

#endif
