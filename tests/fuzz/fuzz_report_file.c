/*
 * A file of the queue: frame, gzip, message; then what every reader does with
 * it: filter, JSON, and back. Context: tool.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/class_filter.h"
#include "proto/data_class.h"
#include "proto/frame.h"
#include "proto/report_json.h"
#include "proto/report_parse.h"
#include "tests/fuzz/fuzz.h"

static void read_as_people_do(Inquest__V1__Report *report)
{
    char where[REPORT_PARSE_WHERE_BYTES];
    Inquest__V1__Report *again = NULL;

    if (report_expand_frames(report) < 0)
        return;
    json_t *json = report_to_json(&report->base);
    /* What we write we can read; but for numbers no enum or time has. */
    if (json && report_from_json(json, &again, where) == 0)
        report_free(&again);
    json_decref(json);
    (void)class_filter(&report->base, CLASS_BIT(CLASS_REQUIRED), NULL);
    (void)class_filter(&report->base, 0, NULL);
}

/* The checksum would stop nearly all: the payload alone is tried as well. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Inquest__V1__Report *report = NULL;
    struct span file = {data, size};

    if (report_open(file, &report) == 0) {
        read_as_people_do(report);
        report_free(&report);
    }
    if (report_unpack(file, &report) == 0) {
        read_as_people_do(report);
        report_free(&report);
    }
    uint8_t *plain = NULL;
    size_t plain_size = 0;
    if (frame_gunzip(file, FUZZ_PLAIN_BYTES_MAX, &plain, &plain_size) == 0)
        free(plain);
    return 0;
}
