/* Consent on the disk. Context: tool. */
#include "reporter/consent/consent_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/crc32c.h"
#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/keyfile.h"
#include "proto/state_dir.h"
#include "proto/state_open.h"
#include "reporter/consent/denial_mark.h"
#include "reporter/consent/policy.h"
#include "reporter/state_file.h"

#define TEXT_BYTES 2048
#define TIME_BYTES 32
#define NAME_BYTES 32
#define EPOCH_LOST (1ull << 62) /* above all that were counted */

static int parse_state(const char *name, enum consent_state *ret_state)
{
    for (int state = CONSENT_UNSET; state <= CONSENT_DENIED; state++) {
        if (strcmp(name, consent_state_name((enum consent_state)state)) == 0) {
            *ret_state = (enum consent_state)state;
            return 0;
        }
    }
    return -ERR_FORMAT;
}

static int parse_word(const char *text, struct consent_word *word)
{
    char state[16];
    char time[TIME_BYTES];
    unsigned long since = 0;

    /* Numbers out of range: sscanf takes them modulo, nothing is believed
     * more than the state. NOLINTNEXTLINE(cert-err34-c) */
    int count = sscanf(text, "%15s %31s %31s %23s %x %lu", state, time,
                       word->actor, word->way, &word->notice, &since);
    word->since_epoch = since;
    if (count != 6 || parse_state(state, &word->state) < 0)
        return -ERR_FORMAT;
    return clock_parse(time, &word->time_unix_ms);
}

static int parse_line(const struct keyfile_line *line, struct consent *consent)
{
    enum data_class class;

    if (strcmp(line->key, "epoch") == 0) {
        char *end = NULL;
        consent->epoch = strtoull(line->value, &end, 10);
        return *end == '\0' && end != line->value ? 0 : -ERR_FORMAT;
    }
    int r = data_class_parse(line->key, &class);
    if (r < 0)
        return -ERR_FORMAT;
    return parse_word(line->value, &consent->words[class]);
}

/* In words that can be written, after the next change of one of them. */
static void deny_all(struct consent *consent, uint64_t epoch)
{
    consent->epoch = epoch;
    for (int class = 0; class < CLASS_COUNT; class ++) {
        consent->words[class] = (struct consent_word){
            .state = CONSENT_DENIED,
            .actor = "nobody",
            .way = "unreadable",
        };
    }
}

/* Never lower than it was, so that no grant reaches back. */
static uint64_t epoch_of(const struct keyfile *file)
{
    const char *text = keyfile_get(file, "epoch");
    struct consent consent = {0};
    struct keyfile_line line = {.key = "epoch", .value = text};

    return text && parse_line(&line, &consent) == 0 ? consent.epoch
                                                    : EPOCH_LOST;
}

int consent_file_read(int state_fd, struct consent *ret_consent)
{
    OWNED_KEYFILE file = {0};

    *ret_consent = (struct consent){0};
    int marked = denial_mark_read(state_fd, ret_consent);
    int r = keyfile_open(state_fd, CONSENT_FILE, &file, NULL);
    for (size_t i = 0; r == 0 && i < file.count; i++)
        r = parse_line(&file.lines[i], ret_consent);
    if (r == 0 || r == -ENOENT)
        r = marked;
    if (r < 0)
        deny_all(ret_consent, epoch_of(&file));
    denial_mark_apply(ret_consent);
    return r;
}

int consent_file_write(int state_fd, const struct consent *consent)
{
    char text[TEXT_BYTES];
    char time[CLOCK_TEXT_BYTES];

    int size = snprintf(text, sizeof text,
                        "# Written by `inquest consent`.\nepoch = %lu\n",
                        (unsigned long)consent->epoch);
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        const struct consent_word *word = &consent->words[class];
        if (word->state == CONSENT_UNSET)
            continue;
        clock_text(word->time_unix_ms, time);
        size +=
            snprintf(text + size, sizeof text - (size_t)size,
                     "%s = %s %s %s %s %08x %lu\n",
                     data_class_name((enum data_class) class),
                     consent_state_name(word->state), time, word->actor,
                     word->way, word->notice, (unsigned long)word->since_epoch);
    }
    struct span data = {(const uint8_t *)text, (size_t)size};
    int r = state_file_write(state_fd, CONSENT_FILE, data);
    return r < 0 ? r : denial_mark_clear(state_fd, consent);
}

int consent_file_deny(int state_fd, const struct consent *consent,
                      uint32_t classes, bool held)
{
    int r = held ? consent_file_write(state_fd, consent) : -ERR_HELD;

    return r < 0 ? denial_mark_set(state_fd, classes) : 0;
}

static int page_create(int state_fd, int *ret_fd)
{
    OWNED_FD fd = state_open(state_fd, STATE_CONSENT_PAGE, O_RDWR | O_CREAT);
    if (fd < 0)
        return fd;
    if (ftruncate(fd, sizeof(struct consent_page)) < 0)
        return -errno;
    *ret_fd = fd_take(&fd);
    return 0;
}

int consent_page_update(int state_fd, const struct consent_layers *layers)
{
    static const struct consent_report any = {.epoch = UINT64_MAX};
    struct consent_layers tracked = *layers;
    struct consent_page now;

    tracked.do_not_track = false;
    struct consent_page page = {
        .magic = CONSENT_PAGE_MAGIC,
        .recording_classes = consent_recording(&tracked),
        .sending_classes = consent_sending(&tracked, &any),
        .epoch = layers->user->epoch,
    };

    page.crc = crc32c(0, &page, offsetof(struct consent_page, crc));
    consent_page_read(state_fd, &now);
    if (memcmp(&now, &page, sizeof page) == 0)
        return 0;
    OWNED_FD fd = -1;
    int r = page_create(state_fd, &fd);
    if (r < 0)
        return r;
    /* One pwrite of 40 bytes: a reader that tears it sees a bad checksum. */
    ssize_t size = pwrite(fd, &page, sizeof page, 0);
    if (size != (ssize_t)sizeof page)
        return size < 0 ? -errno : -EIO;
    return fsync(fd) < 0 ? -errno : 1;
}

static uint32_t mask_of(const struct keyfile *file, const char *key,
                        uint32_t on_error)
{
    const char *text = keyfile_get(file, key);
    uint32_t mask = 0;

    if (text && policy_parse_classes(text, &mask) < 0)
        return on_error;
    return mask;
}

static void past_name(enum data_class class, char ret_name[NAME_BYTES])
{
    (void)snprintf(ret_name, NAME_BYTES, "past.%s", data_class_name(class));
}

static void read_past(const struct keyfile *file, uint64_t past[CLASS_COUNT])
{
    char name[NAME_BYTES];

    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        past_name((enum data_class) class, name);
        const char *text = keyfile_get(file, name);
        past[class] = text ? strtoull(text, NULL, 10) : 0;
    }
}

int consent_report_read(int state_fd, const char *report_id,
                        struct consent_report *report)
{
    OWNED_KEYFILE file = {0};
    OWNED_FD fd = openat(state_fd, CONSENT_PER_REPORT,
                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    int r =
        fd < 0 ? -errno : denial_mark_report_read(fd, report_id, &report->mark);
    if (r == 0)
        r = keyfile_open(fd, report_id, &file, NULL);
    report->granted = 0;
    report->denied = 0;
    memset(report->past, 0, sizeof report->past);
    if (r == 0) {
        report->granted = mask_of(&file, "granted", 0);
        report->denied = mask_of(&file, "denied", CLASS_ALL);
        read_past(&file, report->past);
    }
    if ((r == 0 || r == -ENOENT) && report->mark.inode == 0)
        return 0;
    report->denied = CLASS_ALL;
    return r == 0 || r == -ENOENT ? -ERR_WITHHELD : r;
}

static void append_mask(char *text, size_t capacity, const char *key,
                        uint32_t mask)
{
    size_t size = strlen(text);

    size += (size_t)snprintf(text + size, capacity - size, "%s =", key);
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        if ((mask & CLASS_BIT(class)) != 0) {
            size += (size_t)snprintf(text + size, capacity - size, " %s",
                                     data_class_name((enum data_class) class));
        }
    }
    snprintf(text + size, capacity - size, "\n");
}

static void append_past(char *text, size_t capacity,
                        const uint64_t past[CLASS_COUNT])
{
    char name[NAME_BYTES];
    size_t size = strlen(text);

    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        if (past[class] == 0)
            continue;
        past_name((enum data_class) class, name);
        size += (size_t)snprintf(text + size, capacity - size, "%s = %lu\n",
                                 name, (unsigned long)past[class]);
    }
}

int consent_report_write(int state_fd, const char *report_id,
                         const struct consent_report *report)
{
    char text[512] = "";
    OWNED_FD fd = -1;

    int r = state_file_dir(state_fd, CONSENT_PER_REPORT, &fd);
    if (r < 0)
        return r;
    append_mask(text, sizeof text, "granted", report->granted);
    append_mask(text, sizeof text, "denied", report->denied);
    append_past(text, sizeof text, report->past);
    struct span data = {(const uint8_t *)text, strlen(text)};
    r = state_file_write(fd, report_id, data);
    return r < 0 ? r : denial_mark_report_clear(fd, report_id, &report->mark);
}

int consent_report_deny(int state_fd, const char *report_id,
                        const struct consent_report *report, bool held)
{
    int r =
        held ? consent_report_write(state_fd, report_id, report) : -ERR_HELD;

    return r < 0 ? denial_mark_report(state_fd, report_id) : 0;
}

void consent_report_remove(int state_fd, const char *report_id)
{
    OWNED_FD fd = openat(state_fd, CONSENT_PER_REPORT,
                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)unlinkat(fd, report_id, 0); /* mostly there is none */
    denial_mark_report_remove(fd, report_id);
}
