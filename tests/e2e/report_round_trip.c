/*
 * Reports as JSON on standard input: to a message, to bytes, back, and to JSON
 * on standard output; with --packed the bytes, a line of hexadecimal digits
 * each. What the schema does not know is an error. Context: tool.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "proto/report_json.h"
#include "proto/report_parse.h"

static void print_hex(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        printf("%02x", data[i]);
    putchar('\n');
}

static int round_trip(const json_t *json, bool packed,
                      char where[REPORT_PARSE_WHERE_BYTES])
{
    OWNED_REPORT *report = NULL;
    OWNED_REPORT *again = NULL;
    uint8_t *data = NULL;
    size_t size = 0;

    int r = report_from_json(json, &report, where);
    if (r == 0)
        r = report_pack(report, &data, &size);
    if (r == 0)
        r = report_unpack((struct span){data, size}, &again);
    if (r == 0 && packed)
        print_hex(data, size);
    free(data);
    if (r < 0 || packed)
        return r;
    json_t *out = report_to_json(&again->base);
    (void)json_dumpf(out, stdout, JSON_COMPACT);
    json_decref(out);
    return 0;
}

/* Behind the blanks; false at the end of the input. */
static bool more(FILE *in)
{
    int c;

    do {
        c = getc(in);
    } while (c == ' ' || c == '\n');
    return c != EOF && ungetc(c, in) == c;
}

int main(int argc, char **argv)
{
    char where[REPORT_PARSE_WHERE_BYTES] = "";
    bool packed = argc > 1 && strcmp(argv[1], "--packed") == 0;
    json_error_t error = {0};

    do {
        json_t *json = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error);
        int r = json ? round_trip(json, packed, where) : -ERR_FORMAT;
        json_decref(json);
        if (r < 0) {
            fprintf(stderr, "%s: %s%s\n", err_text(r), where, error.text);
            return EX_DATAERR;
        }
    } while (more(stdin));
    return 0;
}
