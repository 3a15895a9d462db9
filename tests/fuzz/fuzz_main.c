/*
 * Each seed, then mutations of it that are the same in every run:
 * fuzz_NAME COUNT SEED… Context: tool.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define SEED_BYTES_MAX (1u << 20)
#define CHANGES_MAX    16

static uint64_t state = 0x9e3779b97f4a7c15u;

/* xorshift64 (Marsaglia 2003). */
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void change(uint8_t *data, size_t size)
{
    static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff};
    size_t at = next() % size;

    switch (next() % 4) {
    case 0:
        data[at] ^= (uint8_t)(1u << next() % 8);
        break;
    case 1:
        data[at] = edges[next() % sizeof edges];
        break;
    case 2:
        data[at] = (uint8_t)next();
        break;
    default: {
        size_t from = next() % size;
        memmove(data + at, data + from, (size - (at > from ? at : from)) / 4);
        break;
    }
    }
}

static void try_mutations(const uint8_t *seed, size_t size, long count)
{
    for (long i = 0; i < count && size > 0; i++) {
        size_t kept = next() % 4 == 0 ? next() % size + 1 : size;
        uint8_t *data = malloc(kept); /* exact: ASan sees one byte beyond */
        if (!data)
            abort();
        memcpy(data, seed, kept);
        for (uint64_t n = next() % CHANGES_MAX; n > 0; n--)
            change(data, kept);
        (void)LLVMFuzzerTestOneInput(data, kept);
        free(data);
    }
}

int main(int argc, char **argv)
{
    static uint8_t seed[SEED_BYTES_MAX];
    long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0;

    if (count <= 0) {
        fputs("usage: fuzz_NAME COUNT SEED…\n", stderr);
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        FILE *in = fopen(argv[i], "rb");
        size_t size = in ? fread(seed, 1, sizeof seed, in) : 0;
        if (!in || size == 0) {
            fprintf(stderr, "%s: no seed\n", argv[i]);
            return 1;
        }
        (void)fclose(in);
        (void)LLVMFuzzerTestOneInput(seed, size);
        try_mutations(seed, size, count);
    }
    printf("%ld inputs\n", (argc - 2) * (count + 1));
    return 0;
}
