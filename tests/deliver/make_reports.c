/*
 * make_reports STATE COUNT [APP [NOTE_BYTES]]: drops so many CRASH reports into
 * a queue, as the dumper does, and prints their ids, one a line. They are
 * small, or have a note so long that hardly compresses. Context: tool.
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
#include "proto/queue.h"
#include "proto/report_codec.h"
#include "proto/state_dir.h"

#define NOTE_BYTES_MAX (4u << 20)
#define PACKED_BYTES   (NOTE_BYTES_MAX + 4096)
#define COUNT_MAX      1000000

static uint8_t work[FRAME_GZIP_WORK_BYTES] __attribute__((aligned(16)));

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int drop(struct queue *queue, Inquest__V1__Report *report)
{
    static uint8_t packed[PACKED_BYTES];
    static uint8_t gzip[PACKED_BYTES];
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

/* Random digits, NULL where none are asked for. */
static char *make_note(size_t size)
{
    static char note[NOTE_BYTES_MAX + 1];

    for (size_t at = 0; at < size; at++)
        note[at] = "0123456789abcdef"[random() & 15];
    return size > 0 ? note : NULL;
}

static int make_one(struct queue *queue, const char *app_name, char *note)
{
    Inquest__V1__Report report = INQUEST__V1__REPORT__INIT;
    Inquest__V1__App app = INQUEST__V1__APP__INIT;
    Inquest__V1__Crash crash = INQUEST__V1__CRASH__INIT;
    char id[REPORT_ID_BYTES];
    uint8_t entropy[10];

    if (getrandom(entropy, sizeof entropy, 0) != (ssize_t)sizeof entropy)
        return -EIO;
    report.time = now_ms();
    report_id_make((uint64_t)report.time, entropy, id);
    report.report_id = id;
    report.kind = INQUEST__V1__KIND__CRASH;
    report.schema_version = 1;
    report.app = &app;
    report.crash = &crash;
    app.name = (char *)app_name;
    app.version = (char *)"1";
    crash.cause = (char *)"made by make_reports";
    report.notes = &note;
    report.n_notes = note != NULL;
    int r = drop(queue, &report);
    if (r == 0)
        puts(id);
    return r;
}

int main(int argc, char **argv)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_FD state_fd = -1;
    long count = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    unsigned long note = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;

    if (count < 1 || count > COUNT_MAX || note > NOTE_BYTES_MAX)
        return EX_USAGE;
    int r = state_dir_open(argv[1], &state_fd);
    if (r == 0)
        r = queue_open(state_fd, &queue);
    for (long i = 0; r == 0 && i < count; i++)
        r = make_one(&queue, argc > 3 ? argv[3] : "made", make_note(note));
    if (r < 0)
        fprintf(stderr, "make_reports: %s\n", err_text(r));
    return r < 0 ? EX_IOERR : EX_OK;
}
