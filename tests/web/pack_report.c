/*
 * A report as JSON on standard input, packed on standard output: what an
 * uploader sends. Strings may be anything that JSON can say. Context: tool.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "proto/report_json.h"
#include "proto/report_parse.h"

int main(void)
{
    OWNED_REPORT *report = NULL;
    char where[REPORT_PARSE_WHERE_BYTES] = "";
    json_error_t error = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    json_t *json = json_loadf(stdin, 0, &error);

    int r = json ? report_from_json(json, &report, where) : -ERR_FORMAT;
    json_decref(json);
    if (r == 0)
        r = report_pack(report, &data, &size);
    if (r < 0) {
        fprintf(stderr, "%s: %s%s\n", err_text(r), where, error.text);
        return EX_DATAERR;
    }
    bool written = fwrite(data, 1, size, stdout) == size && !fflush(stdout);
    free(data);
    return written ? EX_OK : EX_IOERR;
}
