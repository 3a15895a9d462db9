/* From plain to sealed files. Context: tool. */
#include "reporter/upload/seal_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/frame.h"
#include "proto/seal.h"
#include "proto/state_open.h"
#include "reporter/queue/claim.h"
#include "reporter/queue/reports.h"
#include "reporter/queue/sealed.h"
#include "reporter/state_file.h"

#define SEAL_CONFIG "seal_key"

bool home_seals(const struct home *home)
{
    return config_get(&home->config, SEAL_CONFIG) != NULL;
}

static int read_key(const struct home *home, uint8_t key[SEAL_KEY_BYTES])
{
    const char *text = config_get(&home->config, SEAL_CONFIG);

    return text ? seal_key_parse(text, key) : -EINVAL;
}

bool home_seal_key_usable(const struct home *home)
{
    uint8_t key[SEAL_KEY_BYTES];

    return !home_seals(home) || read_key(home, key) == 0;
}

int seal_outgoing(const struct home *home, struct outgoing *outgoing)
{
    uint8_t key[SEAL_KEY_BYTES];
    uint8_t *sealed = NULL;

    int r = read_key(home, key);
    if (r == 0) {
        r = seal_make(key, (struct span){outgoing->gzip, outgoing->gzip_bytes},
                      &sealed);
    }
    if (r < 0)
        return r;
    free(outgoing->gzip);
    outgoing->gzip = sealed;
    outgoing->gzip_bytes += SEAL_MORE_BYTES;
    outgoing->sealed = true;
    return 0;
}

/* A part of the file: what the report is with all its classes, or the least. */
static int make_part(const struct home *home, struct span file, bool least,
                     struct outgoing *ret_outgoing)
{
    OWNED_REPORT *report = NULL;

    int r = report_open(file, &report);
    if (r < 0)
        return r;
    r = least ? outgoing_pack_least(home, report, ret_outgoing)
              : outgoing_pack(home, report, ret_outgoing);
    return r < 0 ? r : seal_outgoing(home, ret_outgoing);
}

/* Whether nothing could be taken away: one part does. */
static bool is_same(const struct outgoing *whole, const struct outgoing *least)
{
    return whole->packed && least->packed &&
           whole->packed_bytes == least->packed_bytes &&
           memcmp(whole->packed, least->packed, whole->packed_bytes) == 0;
}

static int seal_file(const struct home *home, struct span file,
                     uint8_t **ret_file, size_t *ret_size)
{
    OWNED_OUTGOING whole = {0};
    OWNED_OUTGOING least = {0};
    OWNED_REPORT *report = NULL;
    struct sealed sealed = {.count = 1};

    int r = report_open(file, &report);
    if (r == 0)
        r = make_part(home, file, false, &whole);
    if (r < 0)
        return r;
    sealed.needed = outgoing_class(report);
    sealed.epoch = report->consent_epoch;
    sealed.do_not_track = report->do_not_track != 0;
    r = make_part(home, file, true, &least);
    if (r < 0)
        return r;
    sealed.parts[0] =
        (struct sealed_part){least.classes, {least.gzip, least.gzip_bytes}};
    if (!is_same(&whole, &least)) {
        sealed.parts[1] = sealed.parts[0];
        sealed.parts[0] =
            (struct sealed_part){whole.classes, {whole.gzip, whole.gzip_bytes}};
        sealed.count = 2;
    }
    return sealed_write(&sealed, ret_file, ret_size);
}

/* The file dir_fd/name, open as *fd. 0 too when it is left as it is. */
static int seal_in_place(const struct home *home, int dir_fd, const char *name,
                         int *fd)
{
    uint8_t *plain = NULL;
    uint8_t *data = NULL;
    size_t size = 0;

    int r = report_read_file(dir_fd, name, &plain, &size);
    if (r < 0)
        return r;
    r = seal_file(home, (struct span){plain, size}, &data, &size);
    free(plain);
    if (r == 0)
        r = state_file_replace(dir_fd, name, (struct span){data, size}, fd);
    free(data);
    /* Denied ones are their owner's; torn ones the uploader sorts out. */
    return r == -ENOENT || r <= -ERR_FIRST ? 0 : r;
}

static int seal_waiting(struct home *home, const char *id)
{
    OWNED_CLAIM claim = CLAIM_NONE;

    int r = claim_take(&home->queue, id, &claim);
    if (r < 0)
        return r == -EBUSY || r == -ENOENT ? 0 : r;
    r = seal_in_place(home, home->queue.dir_fd[QUEUE_BUSY], claim.name,
                      &claim.fd);
    int ended = claim_end(&home->queue, &claim, QUEUE_NEW);
    return r < 0 ? r : ended;
}

/* In sent/ or bad/; who has it there sees to it, or the next command. */
static int seal_at_rest(struct home *home, const struct stored_report *item)
{
    OWNED_CLAIM claim = CLAIM_NONE;

    int r = claim_hold(&home->queue, item->place, item->id, 0, &claim);
    if (r < 0)
        return r == -ENOENT || r == -ERR_HELD ? 0 : r;
    return seal_in_place(home, home->queue.dir_fd[item->place], claim.name,
                         &claim.fd);
}

/* 1: it is; 0: sealed, or torn; or what the disk says. */
static int is_plain(int fd)
{
    uint8_t file[FRAME_HEADER_BYTES];
    uint16_t flags = 0;

    ssize_t size = pread(fd, file, sizeof file, 0);
    if (size != (ssize_t)sizeof file)
        return size < 0 ? -errno : 0; /* 0: torn */
    memcpy(&flags, file + FRAME_FLAGS_OFFSET, sizeof flags);
    return flags == 0;
}

static int seal_one(struct home *home, const struct stored_report *item)
{
    int dir_fd = home->queue.dir_fd[item->place];
    char name[QUEUE_NAME_BYTES];

    int r = queue_name(item->id, name);
    if (r < 0)
        return r;
    OWNED_FD fd = state_open(dir_fd, name, O_RDWR);
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd; /* 0: gone */
    r = is_plain(fd);
    if (r <= 0)
        return r;
    if (item->place == QUEUE_NEW)
        return seal_waiting(home, item->id);
    return item->place == QUEUE_BUSY ? 0 : seal_at_rest(home, item);
}

int seal_queue(struct home *home)
{
    OWNED_REPORTS reports = {0};
    uint8_t key[SEAL_KEY_BYTES];
    int first_error = 0;

    if (!home_seals(home))
        return 0;
    int r = read_key(home, key);
    if (r == 0)
        r = reports_list(&home->queue, &reports);
    if (r < 0)
        return r;
    for (size_t i = 0; i < reports.count; i++) {
        r = seal_one(home, &reports.items[i]);
        if (r < 0 && first_error == 0)
            first_error = r; /* the others all the same */
    }
    return first_error;
}
