/* Escapes on the way out. Context: tool. */
#include "reporter/show/json_text.h"

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define C1_LEAD 0xc2 /* of U+0080 to U+00BF in UTF-8 */
#define DELETE  0x7f

struct writer {
    FILE *out;
    uint8_t lead; /* C1_LEAD that is not written yet, or 0 */
};

static void write_byte(struct writer *writer, uint8_t byte)
{
    bool control = writer->lead && byte <= 0x9f;

    if (writer->lead && !control)
        putc(writer->lead, writer->out);
    writer->lead = byte == C1_LEAD ? byte : 0;
    if (control || byte == DELETE) {
        fprintf(writer->out, "\\u%04x", byte);
    } else if (byte != C1_LEAD) {
        putc(byte, writer->out);
    }
}

/* Pieces end anywhere. */
static int write_piece(const char *piece, size_t size, void *context)
{
    for (size_t i = 0; i < size; i++)
        write_byte(context, (uint8_t)piece[i]);
    return 0;
}

void json_text_print(const json_t *json, FILE *out, size_t flags)
{
    struct writer writer = {.out = out};

    /* Out of memory: half a text, which no reader takes for a whole one. */
    DROP(json_dump_callback(json, write_piece, &writer, flags));
}
