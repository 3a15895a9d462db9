/*
 * A report as JSON on standard input: to a message, to bytes, back, and to
 * JSON on standard output. What the schema does not know is an error.
 * Context: tool.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "proto/report_json.h"
#include "proto/report_parse.h"

int main(void)
{
    OWNED_REPORT *report = NULL;
    OWNED_REPORT *again = NULL;
    char where[REPORT_PARSE_WHERE_BYTES] = "";
    json_error_t error = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    json_t *json = json_loadf(stdin, 0, &error);

    int r = json ? report_from_json(json, &report, where) : -ERR_FORMAT;
    json_decref(json);
    if (r == 0)
        r = report_pack(report, &data, &size);
    if (r == 0)
        r = report_unpack((struct span){data, size}, &again);
    free(data);
    if (r < 0) {
        fprintf(stderr, "%s: %s%s\n", err_text(r), where, error.text);
        return EX_DATAERR;
    }
    json = report_to_json(&again->base);
    (void)json_dumpf(json, stdout, JSON_COMPACT);
    json_decref(json);
    return 0;
}
