/*
 * Many reports made of one, for ./dev bench deliver:
 *
 *     bench_deliver_load fill FILE COUNT GROUPS STATE     into a queue
 *     bench_deliver_load send FILE COUNT GROUPS           to INQUEST_ENDPOINT
 *
 * FILE is a framed report. Each copy has an id and a time of its own, and the
 * crashing thread's frames lie at another place for each of GROUPS. send builds
 * all bodies first, then posts them over kept connections and prints how many
 * seconds that took. Context: tool.
 */
#include <errno.h>
#include <fcntl.h>
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
#include "reporter/queue/reports.h"
#include "reporter/upload/transport.h"

#define GZIP_BYTES_MAX (1u << 20)
#define COUNT_MAX      2000000
#define DAYS           10 /* over which the times are spread */
#define DAY_MS         86400000u
#define GROUP_STEP     64 /* bytes between the places of two groups */

struct body {
    char id[REPORT_ID_BYTES];
    uint8_t *gzip;
    size_t gzip_bytes;
};

static _Alignas(16) uint8_t work[FRAME_GZIP_WORK_BYTES];
static uint8_t buffer[GZIP_BYTES_MAX];

static uint64_t now_ms(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now); /* cannot fail */
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static Inquest__V1__Report *load(const char *path)
{
    uint8_t *data = NULL;
    size_t size = 0;
    Inquest__V1__Report *report = NULL;

    int r = report_read_file(AT_FDCWD, path, &data, &size);
    if (r == 0)
        r = report_open((struct span){data, size}, &report);
    free(data);
    if (r < 0)
        fprintf(stderr, "%s: %s\n", path, err_text(r));
    return report;
}

/* Moves the crashing thread's frames to the place of a group. */
static void move_frames(Inquest__V1__Report *report, int64_t bytes)
{
    if (report->n_threads == 0)
        return;
    Inquest__V1__Thread *thread = report->threads[0];
    for (size_t i = 0; i < thread->n_frames; i++) {
        thread->frames[i]->pc += (uint64_t)bytes;
        thread->frames[i]->module_offset += (uint64_t)bytes;
    }
}

static int make_body(Inquest__V1__Report *report, size_t number, size_t groups,
                     struct body *body)
{
    uint8_t random[10];
    uint8_t *packed = NULL;
    size_t size = 0;
    int64_t step = (int64_t)(number % groups) * GROUP_STEP;
    uint64_t time_ms =
        now_ms(CLOCK_REALTIME) - (uint64_t)number * 7919u % (DAYS * DAY_MS);

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return -EIO;
    report_id_make(time_ms, random, body->id);
    char *id = report->report_id;
    report->report_id = body->id;
    report->time = (int64_t)time_ms;
    move_frames(report, step);
    int r = report_pack(report, &packed, &size);
    move_frames(report, -step);
    report->report_id = id;
    if (r == 0) {
        r = frame_gzip((struct span){packed, size}, work, buffer, sizeof buffer,
                       &body->gzip_bytes);
    }
    free(packed);
    if (r < 0)
        return r;
    body->gzip = malloc(body->gzip_bytes);
    if (!body->gzip)
        return -ENOMEM;
    memcpy(body->gzip, buffer, body->gzip_bytes);
    return 0;
}

static int fill(Inquest__V1__Report *report, size_t count, size_t groups,
                const char *state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_FD state_fd = -1;

    int r = state_dir_open(state, &state_fd);
    if (r == 0)
        r = queue_open(state_fd, &queue);
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct body body = {0};
        uint8_t header[FRAME_HEADER_BYTES];
        r = make_body(report, i, groups, &body);
        struct span payload = {body.gzip, body.gzip_bytes};
        if (r == 0) {
            frame_header(payload, header);
            r = queue_drop(&queue, body.id,
                           (struct span){header, sizeof header}, payload);
        }
        free(body.gzip);
    }
    return r;
}

/* Takes one answer; anything but 200 and 202 ends the bench. */
static int take(struct transport *transport)
{
    struct transport_answer answer = {0};

    int r = transport_wait(transport, -1, &answer);
    if (r < 0)
        return r;
    if (r == 1 && (answer.status == 200 || answer.status == 202))
        return 0;
    fprintf(stderr, "answer %ld: %s\n", answer.status, answer.detail);
    return -EPROTO;
}

static int post_all(struct transport *transport, const struct body *bodies,
                    size_t count)
{
    size_t posted = 0;
    size_t answered = 0;

    while (answered < count) {
        if (posted < count && posted - answered < TRANSPORT_PARALLEL_MAX) {
            struct transport_post post = {
                .path = "/v1/reports",
                .content_type = "application/x-protobuf",
                .encoding = "gzip",
                .idempotency_key = bodies[posted].id,
                .body = {bodies[posted].gzip, bodies[posted].gzip_bytes},
            };
            int r = transport_post(transport, &post);
            if (r < 0)
                return r;
            posted++;
            continue;
        }
        int r = take(transport);
        if (r < 0)
            return r;
        answered++;
    }
    return 0;
}

static int send_all(Inquest__V1__Report *report, size_t count, size_t groups)
{
    struct transport_options options = {
        .endpoint = getenv("INQUEST_ENDPOINT"),
        .ca_file = getenv("INQUEST_CA_FILE"),
    };
    struct transport *transport = NULL;
    struct body *bodies = calloc(count, sizeof *bodies);

    if (!options.endpoint || !bodies)
        return -EINVAL;
    int r = transport_open(&options, &transport);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = make_body(report, i, groups, &bodies[i]);
    uint64_t begin = now_ms(CLOCK_MONOTONIC);
    if (r == 0)
        r = post_all(transport, bodies, count);
    if (r == 0) {
        printf("%.3f\n", (double)(now_ms(CLOCK_MONOTONIC) - begin) / 1000.0);
    }
    transport_close(&transport);
    for (size_t i = 0; i < count; i++)
        free(bodies[i].gzip);
    free(bodies);
    return r;
}

int main(int argc, char **argv)
{
    long count = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
    long groups = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
    int r = -EINVAL;

    if (count < 1 || count > COUNT_MAX || groups < 1)
        return EX_USAGE;
    Inquest__V1__Report *report = load(argv[2]);
    if (!report)
        return EX_NOINPUT;
    if (strcmp(argv[1], "fill") == 0 && argc == 6) {
        r = fill(report, (size_t)count, (size_t)groups, argv[5]);
    } else if (strcmp(argv[1], "send") == 0 && argc == 5) {
        r = send_all(report, (size_t)count, (size_t)groups);
    }
    report_free(&report);
    if (r < 0)
        fprintf(stderr, "bench_deliver_load: %s\n", err_text(r));
    return r < 0 ? EX_SOFTWARE : EX_OK;
}
