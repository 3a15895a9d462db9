/*
 * A report as JSON on standard input, packed on standard output: what an
 * uploader sends. With a state directory as argument it goes into the queue
 * there instead. Strings may be anything that JSON can say. Context: tool.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/frame.h"
#include "proto/queue.h"
#include "proto/report_json.h"
#include "proto/report_parse.h"
#include "proto/state_dir.h"

#define FILE_BYTES_MAX (4u << 20)

static int drop(const char *state, const char *id, struct span packed)
{
    static uint8_t header[FRAME_HEADER_BYTES];
    static uint8_t file[FILE_BYTES_MAX];
    static __attribute__((aligned(16))) uint8_t work[FRAME_GZIP_WORK_BYTES];
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_FD state_fd = -1;
    size_t size = 0;

    int r = state_dir_open(state, &state_fd);
    if (r == 0)
        r = queue_open(state_fd, &queue);
    if (r == 0)
        r = frame_gzip(packed, work, file, sizeof file, &size);
    if (r < 0)
        return r;
    frame_header((struct span){file, size}, header);
    return queue_drop(&queue, id, (struct span){header, sizeof header},
                      (struct span){file, size});
}

int main(int argc, char **argv)
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
    if (r == 0 && argc == 2)
        r = drop(argv[1], report->report_id, (struct span){data, size});
    if (r < 0) {
        fprintf(stderr, "%s: %s%s\n", err_text(r), where, error.text);
        return EX_DATAERR;
    }
    bool written =
        argc == 2 || (fwrite(data, 1, size, stdout) == size && !fflush(stdout));
    free(data);
    return written ? EX_OK : EX_IOERR;
}
