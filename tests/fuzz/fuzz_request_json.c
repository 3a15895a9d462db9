/*
 * The JSON of a request: the first byte chooses which, the rest is its body.
 * Context: tool.
 */
#include <stdio.h>
#include <string.h>

#include "collector/http/route.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_server.h"

#define HEAD_BYTES 512
#define LINE_BYTES 256

/* The request line, to the version. */
static void write_line(char line[LINE_BYTES], uint8_t choice)
{
    const char *group = fuzz_server_group();

    switch (choice % 3) {
    case 0:
        (void)snprintf(line, LINE_BYTES, "POST /v1/session");
        break;
    case 1:
        (void)snprintf(line, LINE_BYTES, "POST /v1/deletion-requests");
        break;
    default:
        (void)snprintf(line, LINE_BYTES, "PATCH /v1/groups/%s", group);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char whole[HEAD_BYTES + ROUTE_SMALL_BYTES];
    char line[LINE_BYTES];

    if (size < 1 || size - 1 > ROUTE_SMALL_BYTES)
        return 0;
    write_line(line, data[0]);
    int head = snprintf(whole, HEAD_BYTES,
                        "%s HTTP/1.1\r\nHost: localhost\r\nX-Inquest: 1\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        line, size - 1);
    memcpy(whole + head, data + 1, size - 1);
    fuzz_server_exchange(whole, (size_t)head + size - 1);
    return 0;
}
