/* JSON of a report, by hand or by another tool. Context: tool. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/report_json.h"
#include "proto/report_parse.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char where[REPORT_PARSE_WHERE_BYTES];
    OWNED_REPORT *report = NULL;
    json_t *json = json_loadb((const char *)data, size, 0, NULL);

    if (!json)
        return 0;
    if (report_from_json(json, &report, where) == 0) {
        json_t *again = report_to_json(&report->base);
        assert(again);
        json_decref(again);
    } else {
        assert(strlen(where) < sizeof where);
    }
    json_decref(json);
    return 0;
}
