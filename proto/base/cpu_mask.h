/*
 * The processors that a thread may run on (sched_setaffinity(2)), also as text
 * for one that takes over. Machines of more than CPU_MASK_CPUS answer -EINVAL.
 * Context: any.
 */
#ifndef INQUEST_PROTO_BASE_CPU_MASK_H
#define INQUEST_PROTO_BASE_CPU_MASK_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define CPU_MASK_CPUS       1024
#define CPU_MASK_WORDS      (CPU_MASK_CPUS / 64)
#define CPU_MASK_TEXT_BYTES (CPU_MASK_WORDS * 16 + 1)

struct cpu_mask {
    uint64_t words[CPU_MASK_WORDS]; /* bit n of word w: processor 64 w + n */
    size_t count;                   /* of words that this kernel knows */
};

/* Of the calling thread, or of nothing but the processor it runs on now. On a
 * small stack: nothing large of their own. */
MUST_CHECK int cpu_mask_get(struct cpu_mask *ret_mask);
MUST_CHECK int cpu_mask_here(struct cpu_mask *ret_mask);

/* Lets the calling thread run on mask alone. A wider mask moves nobody. */
MUST_CHECK int cpu_mask_use(const struct cpu_mask *mask);

/* 16 hexadecimal digits a word, the first word first. */
void cpu_mask_text(const struct cpu_mask *mask,
                   char ret_text[CPU_MASK_TEXT_BYTES]);
MUST_CHECK int cpu_mask_parse(const char *text, struct cpu_mask *ret_mask);

#endif
