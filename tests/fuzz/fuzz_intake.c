/*
 * A report as the collector takes it in: row, texts, evidence, signature.
 * Context: tool.
 */
#include <stdlib.h>

#include "collector/config.h"
#include "collector/intake/intake.h"
#include "proto/frame.h"
#include "tests/fuzz/fuzz.h"

static void take_in(struct span packed)
{
    static struct config config;
    static const struct collector collector = {.config = &config};
    struct intake intake = {0};

    if (intake_open(&collector, packed, &intake) == 0)
        intake_sign(&intake, true);
    if (intake.row.stack) {
        struct signature signature;
        (void)intake.stack.sign(intake.stack.context, &signature);
    }
    intake_close(&intake);
}

/* The message itself, and the body of a request, which is its gzip. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *plain = NULL;
    size_t plain_bytes = 0;

    take_in((struct span){data, size});
    if (frame_gunzip((struct span){data, size}, FUZZ_PLAIN_BYTES_MAX, &plain,
                     &plain_bytes) == 0) {
        take_in((struct span){plain, plain_bytes});
        free(plain);
    }
    return 0;
}
