/* Configuration, policy and consent files. Context: tool. */
#include "proto/keyfile.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OWNED_KEYFILE file = {0};
    unsigned line = 0;

    if (keyfile_parse((const char *)data, size, &file, &line) == 0)
        (void)keyfile_get(&file, "endpoint");
    return 0;
}
