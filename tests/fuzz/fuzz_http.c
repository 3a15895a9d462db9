/*
 * Whatever a client may send: request lines, headers, chunks, addresses,
 * queries, bodies, several requests in a row. Context: tool.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_server_exchange(data, size);
    return 0;
}
