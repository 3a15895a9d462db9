/*
 * inquest upload: claims each waiting report, sends what consent allows, and
 * puts it where the answer says.
 *
 *     new/ -> busy/ (locked while it is sent) -> sent/ | bad/ | back to new/
 *
 * Context: tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/frame.h"
#include "reporter/commands.h"
#include "reporter/log.h"
#include "reporter/outgoing.h"
#include "reporter/transport.h"

#define PASSES_MAX 64 /* each waits for a bounded send of another */

struct upload {
    struct home *home;
    struct transport *transport;
    size_t accepted, kept, bad;
    size_t lost; /* claimed by another uploader meanwhile */
    bool stopped;
};

static void move(const struct home *home, const char *name,
                 enum queue_place from, enum queue_place to)
{
    if (renameat2(home->queue.dir_fd[from], name, home->queue.dir_fd[to], name,
                  RENAME_NOREPLACE) < 0 &&
        errno != ENOENT) /* another uploader was done with it */
        log_warn("%s stays in %s: %s", name, queue_place_name(from),
                 err_text(-errno));
}

/* The claim is the lock: it dies with its holder. -1: somebody else's. */
static int claim(const struct home *home, const char *name)
{
    int busy_fd = home->queue.dir_fd[QUEUE_BUSY];

    if (renameat2(home->queue.dir_fd[QUEUE_NEW], name, busy_fd, name,
                  RENAME_NOREPLACE) < 0)
        return -1;
    OWNED_FD fd = openat(busy_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return -1;
    return fd_take(&fd);
}

/*
 * What a dead uploader left in busy/ goes back to new/. With wait, living
 * uploaders are waited for too: each send of theirs is bounded.
 */
static void take_back(const struct home *home, bool wait)
{
    int operation = wait ? LOCK_EX : LOCK_EX | LOCK_NB;
    OWNED_REPORTS reports = {0};
    char name[QUEUE_NAME_BYTES];

    if (reports_list(&home->queue, &reports) < 0)
        return;
    for (size_t i = 0; i < reports.count; i++) {
        if (reports.items[i].place != QUEUE_BUSY ||
            queue_name(reports.items[i].id, name) < 0)
            continue;
        OWNED_FD fd =
            openat(home->queue.dir_fd[QUEUE_BUSY], name, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && flock(fd, operation) == 0)
            move(home, name, QUEUE_BUSY, QUEUE_NEW);
    }
}

static enum transport_verdict send_packed(struct upload *upload, const char *id,
                                          struct span packed,
                                          const char **ret_why)
{
    static __attribute__((aligned(16))) uint8_t work[FRAME_GZIP_WORK_BYTES];
    size_t capacity = packed.size_bytes + packed.size_bytes / 8 + 1024;
    uint8_t *gzip = malloc(capacity);
    size_t size = 0;

    *ret_why = "no memory";
    if (!gzip || frame_gzip(packed, work, gzip, capacity, &size) < 0) {
        free(gzip);
        return TRANSPORT_RETRY;
    }
    enum transport_verdict verdict = transport_send(
        upload->transport, id, (struct span){gzip, size}, ret_why);
    free(gzip);
    return verdict;
}

static enum transport_verdict send_one(struct upload *upload, const char *name,
                                       const char *id, const char **ret_why)
{
    uint8_t *file = NULL;
    uint8_t *packed = NULL;
    size_t file_bytes = 0;
    size_t size = 0;

    int r = report_read_file(upload->home->queue.dir_fd[QUEUE_BUSY], name,
                             &file, &file_bytes);
    if (r == 0)
        r = outgoing_make(upload->home, (struct span){file, file_bytes},
                          &packed, &size, NULL);
    free(file);
    if (r == -ERR_DENIED) {
        *ret_why = "consent or policy does not allow it";
        return TRANSPORT_STOP;
    }
    if (r < 0) {
        *ret_why = err_text(r);
        return r == -ENOMEM || r == -EIO ? TRANSPORT_RETRY : TRANSPORT_BAD;
    }
    enum transport_verdict verdict =
        send_packed(upload, id, (struct span){packed, size}, ret_why);
    free(packed);
    return verdict;
}

static void upload_one(struct upload *upload, const char *id)
{
    char name[QUEUE_NAME_BYTES];
    const char *why = "";

    if (queue_name(id, name) < 0)
        return;
    OWNED_FD lock = claim(upload->home, name);
    if (lock < 0) {
        upload->lost++;
        return;
    }
    switch (send_one(upload, name, id, &why)) {
    case TRANSPORT_ACCEPTED:
        move(upload->home, name, QUEUE_BUSY, QUEUE_SENT);
        upload->accepted++;
        return;
    case TRANSPORT_BAD:
        move(upload->home, name, QUEUE_BUSY, QUEUE_BAD);
        upload->bad++;
        log_warn("%.13s is set aside: %s", id, why);
        return;
    case TRANSPORT_STOP:
    case TRANSPORT_RETRY:
        move(upload->home, name, QUEUE_BUSY, QUEUE_NEW);
        upload->kept++;
        upload->stopped = true; /* the next would fare no better now */
        log_warn("%.13s is kept: %s", id, why);
        return;
    }
}

static bool is_wanted(const struct invocation *invocation, const char *id)
{
    if (invocation->operand_count == 0)
        return true;
    for (int i = 0; i < invocation->operand_count; i++) {
        if (strncmp(id, operand(invocation, i),
                    strlen(operand(invocation, i))) == 0)
            return true;
    }
    return false;
}

/* One pass over what waits now. */
static int upload_pass(const struct invocation *invocation,
                       struct upload *upload)
{
    OWNED_REPORTS reports = {0};

    upload->kept = upload->lost = 0;
    int r = reports_list(&upload->home->queue, &reports);
    for (size_t i = 0; i < reports.count; i++) {
        if (!is_wanted(invocation, reports.items[i].id))
            continue;
        if (reports.items[i].place == QUEUE_BUSY)
            upload->lost++;
        if (reports.items[i].place != QUEUE_NEW)
            continue;
        if (upload->stopped)
            upload->kept++;
        else
            upload_one(upload, reports.items[i].id);
    }
    return r;
}

/*
 * A report that another uploader holds may come back to new/: with --wait it
 * is waited for and looked at again. A listing reads new/ before busy/, so one
 * that comes back in between is seen only by a second look.
 */
static int upload_all(const struct invocation *invocation,
                      struct upload *upload)
{
    bool wait = option_given(invocation, "wait");
    size_t quiet = 0;
    int r = 0;

    for (int pass = 0; pass < PASSES_MAX && r == 0 && quiet < 2; pass++) {
        take_back(upload->home, wait);
        r = upload_pass(invocation, upload);
        if (!wait || upload->stopped)
            return r;
        quiet = upload->lost == 0 ? quiet + 1 : 0;
    }
    return r;
}

int cmd_upload(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    struct upload upload = {.home = &home};

    int status = command_home(&home);
    if (status != 0)
        return status;
    const char *endpoint = config_get(&home.config, "endpoint");
    if (!endpoint || home.config.distrusted) {
        log_info("nothing is sent: no endpoint is configured "
                 "(INQUEST_ENDPOINT, or endpoint in the configuration)");
        return 0;
    }
    int r = transport_open(endpoint, config_get(&home.config, "token_file"),
                           &upload.transport);
    if (r < 0) {
        log_error("endpoint %s: %s", endpoint,
                  r == -EPERM ? "expected https, or http to loopback"
                              : err_text(r));
        return EX_CONFIG;
    }
    r = upload_all(invocation, &upload);
    transport_close(&upload.transport);
    log_info("%zu delivered, %zu kept, %zu set aside", upload.accepted,
             upload.kept, upload.bad);
    if (r < 0)
        return exit_status(r);
    return upload.kept > 0 && option_given(invocation, "wait") ? EX_TEMPFAIL
                                                               : 0;
}
