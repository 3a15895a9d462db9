/*
 * make_filled STATE [TEXT]: for each line "KIND EPOCH track|do-not-track" of
 * standard input drops a report in which every field of the schema has a
 * value, whatever its kind, and every message one that no schema knows, and
 * prints its id. Strings are a word that every filter keeps; TEXT is in those
 * that are not REQUIRED or not known. Context: tool.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <time.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/frame.h"
#include "proto/message_walk.h"
#include "proto/queue.h"
#include "proto/report_codec.h"
#include "proto/state_dir.h"

#define DEPTH_MAX    8
#define PACKED_BYTES 65536
#define LINE_BYTES   128
#define UNKNOWN_TAG  500 /* no message has so many fields */

static const char *planted = "worker";
static Inquest__V1__Report *report; /* until the end */

static ProtobufCMessage *filled(const ProtobufCMessageDescriptor *descriptor,
                                int depth);

/* One value of a field, written to where it belongs. */
static void fill_value(const ProtobufCFieldDescriptor *field, void *at,
                       int depth, bool required)
{
    static uint8_t bytes[] = {0xff, 0xfe};

    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(const char **)at = required ? "worker" : planted;
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)at = (ProtobufCBinaryData){2, bytes};
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)at = filled(field->descriptor, depth + 1);
        break;
    default:
        *(uint8_t *)at = 1; /* little-endian: any integer, bool, enum */
        break;
    }
}

static void fill_field(const ProtobufCMessage *message, unsigned index,
                       int depth)
{
    struct field_view view = field_view(message, index);
    const ProtobufCFieldDescriptor *field = view.descriptor;
    void *at = view.member;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        at = calloc(1, message_element_bytes(field->type));
        *(void **)view.member = at;
        *(size_t *)view.quantifier = 1;
    } else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        *(uint32_t *)view.quantifier = field->id;
    }
    if (at)
        fill_value(field, at, depth,
                   view.data && view.data->class == CLASS_REQUIRED);
}

/* A field of a later version, or of somebody's who smuggles. */
static void add_unknown(ProtobufCMessage *message)
{
    ProtobufCMessageUnknownField *field = calloc(1, sizeof *field);
    size_t size = strlen(planted);

    if (!field)
        return;
    field->tag = UNKNOWN_TAG;
    field->wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    field->len = 1 + size; /* of a word below 128 bytes */
    field->data = malloc(field->len);
    if (!field->data)
        return;
    field->data[0] = (uint8_t)size;
    memcpy(field->data + 1, planted, size);
    message->unknown_fields = field;
    message->n_unknown_fields = 1;
}

static ProtobufCMessage *filled(const ProtobufCMessageDescriptor *descriptor,
                                int depth)
{
    ProtobufCMessage *message = calloc(1, descriptor->sizeof_message);

    if (!message || depth > DEPTH_MAX)
        return message;
    protobuf_c_message_init(descriptor, message);
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        fill_field(message, i, depth);
    add_unknown(message);
    return message;
}

static int drop(struct queue *queue)
{
    static uint8_t packed[PACKED_BYTES];
    static uint8_t gzip[PACKED_BYTES];
    static uint8_t work[FRAME_GZIP_WORK_BYTES] __attribute__((aligned(16)));
    uint8_t header[FRAME_HEADER_BYTES];
    size_t size = 0;
    size_t gzip_bytes = 0;

    int r = report_pack_into(report, packed, sizeof packed, &size);
    if (r == 0) {
        r = frame_gzip((struct span){packed, size}, work, gzip, sizeof gzip,
                       &gzip_bytes);
    }
    if (r < 0)
        return r;
    struct span payload = {gzip, gzip_bytes};
    frame_header(payload, header);
    return queue_drop(queue, report->report_id,
                      (struct span){header, sizeof header}, payload);
}

/* One line of the input as a report. */
static int make(struct queue *queue, const char *line)
{
    char kind_name[32];
    char track[32];
    unsigned long epoch = 0;
    char id[REPORT_ID_BYTES];
    uint8_t random[10];
    struct timespec now;

    if (sscanf(line, "%31s %lu %31s", kind_name, &epoch, track) != 3)
        return -EINVAL;
    const ProtobufCEnumValue *kind =
        protobuf_c_enum_descriptor_get_value_by_name(
            &inquest__v1__kind__descriptor, kind_name);
    if (!kind || getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return -EINVAL;
    clock_gettime(CLOCK_REALTIME, &now);
    report->time = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    report_id_make((uint64_t)report->time, random, id);
    report->report_id = id;
    report->kind = (Inquest__V1__Kind)kind->value;
    report->consent_epoch = epoch;
    report->do_not_track = strcmp(track, "do-not-track") == 0;
    int r = drop(queue);
    if (r == 0)
        puts(id);
    report->report_id = NULL;
    return r;
}

int main(int argc, char **argv)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_FD state_fd = -1;
    char line[LINE_BYTES];

    if (argc < 2) {
        fputs("usage: make_filled STATE [TEXT]\n", stderr);
        return EX_USAGE;
    }
    if (argc > 2)
        planted = argv[2];
    report = (Inquest__V1__Report *)filled(&inquest__v1__report__descriptor, 0);
    int r = report ? state_dir_open(argv[1], &state_fd) : -ENOMEM;
    if (r == 0)
        r = queue_open(state_fd, &queue);
    while (r == 0 && fgets(line, sizeof line, stdin))
        r = make(&queue, line);
    if (r < 0)
        fprintf(stderr, "make_filled: %s\n", err_text(r));
    return r < 0 ? EX_IOERR : EX_OK;
}
