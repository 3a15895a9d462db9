/*
 * One parser a program: LLVMFuzzerTestOneInput, for libFuzzer (./dev fuzz) and
 * for fuzz_main.c, which tries seeds and mutations of them in the tests.
 * Context: tool.
 */
#ifndef INQUEST_TESTS_FUZZ_FUZZ_H
#define INQUEST_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#define FUZZ_PLAIN_BYTES_MAX (4u << 20)

/* Must not crash, hang or leak; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
