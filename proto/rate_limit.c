/* One token bucket a program. Context: tool. */
#include "proto/rate_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/lock.h"
#include "proto/state_open.h"

#define TABLE_BYTES (RATE_LIMIT_PROGRAMS * sizeof(struct rate_slot))
#define PROBES      8 /* slots that a program may lie in */
/* Whoever holds it works for microseconds, or dies and lets go; who holds it
 * longer costs a limit, not a report. */
#define TABLE_WAIT_MS 500
#define BUCKET_MS     ((uint64_t)RATE_LIMIT_BURST * RATE_LIMIT_INTERVAL_MS)

/* FNV-1a, 64 bits (draft-eastlake-fnv). */
#define FNV_BASIS 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

uint64_t rate_limit_next(uint64_t full_at_ms, uint64_t now_ms,
                         bool *ret_allowed)
{
    if (full_at_ms < now_ms || full_at_ms > now_ms + BUCKET_MS)
        full_at_ms = now_ms;
    *ret_allowed = full_at_ms + RATE_LIMIT_INTERVAL_MS <= now_ms + BUCKET_MS;
    return *ret_allowed ? full_at_ms + RATE_LIMIT_INTERVAL_MS : full_at_ms;
}

static uint64_t hash(uint64_t state, const char *text)
{
    do {
        state = (state ^ (uint8_t)*text) * FNV_PRIME;
    } while (*text++ != '\0'); /* the NUL too: it parts the strings */
    return state;
}

static uint64_t key_of(const struct rate_program *program)
{
    uint64_t key = hash(hash(FNV_BASIS, program->name), program->executable);

    return key ? key : 1;
}

static int open_table(int state_fd)
{
    struct stat status;
    OWNED_FD fd = state_open(state_fd, RATE_LIMIT_FILE, O_RDWR | O_CREAT);

    if (fd < 0)
        return fd;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size == 0) {
        /* Room on the disk now, so that no store meets a full one. */
        if (fallocate(fd, 0, 0, (off_t)TABLE_BYTES) < 0)
            return -errno;
    } else if (status.st_size != (off_t)TABLE_BYTES) {
        return -EINVAL;
    }
    return fd_take(&fd);
}

static struct rate_slot *probe(struct rate_slot *table, uint64_t key,
                               unsigned number)
{
    return &table[(key + number) % RATE_LIMIT_PROGRAMS];
}

/* The slot among the probes of key that holds wanted; NULL: none does. */
static struct rate_slot *find(struct rate_slot *table, uint64_t key,
                              uint64_t wanted)
{
    for (unsigned i = 0; i < PROBES; i++) {
        struct rate_slot *slot = probe(table, key, i);
        if (slot->key == wanted)
            return slot;
    }
    return NULL;
}

/* A free one, else the one whose bucket is full first. */
static struct rate_slot *quietest(struct rate_slot *table, uint64_t key)
{
    struct rate_slot *best = find(table, key, 0);

    if (best)
        return best;
    best = probe(table, key, 0);
    for (unsigned i = 1; i < PROBES; i++) {
        struct rate_slot *slot = probe(table, key, i);
        if (slot->full_at_ms < best->full_at_ms)
            best = slot;
    }
    return best;
}

static struct rate_slot *find_or_take(struct rate_slot *table, uint64_t key,
                                      const char *name)
{
    struct rate_slot *slot = find(table, key, key);

    if (slot)
        return slot;
    slot = quietest(table, key);
    *slot = (struct rate_slot){.key = key}; /* another's counts are not ours */
    memcpy(slot->name, name, strnlen(name, sizeof slot->name - 1));
    return slot;
}

/* Counts one death in the slot; whether it makes a report. */
static bool count(struct rate_slot *slot, uint64_t now_ms,
                  uint64_t *ret_unreported)
{
    bool allowed;

    slot->full_at_ms = rate_limit_next(slot->full_at_ms, now_ms, &allowed);
    if (allowed) {
        *ret_unreported = slot->unreported;
        slot->unreported = 0;
    } else {
        slot->unreported++;
        slot->unreported_total++;
        slot->last_ms = now_ms;
    }
    return allowed;
}

bool rate_limit_take(int state_fd, const struct rate_program *program,
                     uint64_t now_ms, uint64_t *ret_unreported)
{
    struct rate_slot table[RATE_LIMIT_PROGRAMS];
    OWNED_FD fd = open_table(state_fd); /* its end unlocks */
    uint64_t unreported = 0;

    *ret_unreported = 0;
    if (fd < 0 || lock_take(fd, TABLE_WAIT_MS) < 0 ||
        pread(fd, table, sizeof table, 0) != (ssize_t)sizeof table)
        return true;
    struct rate_slot *slot =
        find_or_take(table, key_of(program), program->name);
    bool allowed = count(slot, now_ms, &unreported);
    off_t at = (off_t)((size_t)(slot - table) * sizeof *slot);
    if (pwrite(fd, slot, sizeof *slot, at) != (ssize_t)sizeof *slot)
        return true; /* nothing was counted */
    *ret_unreported = unreported;
    return allowed;
}

int rate_limit_read(int state_fd, struct rate_slot *slots)
{
    size_t size = 0;
    int count = 0;
    OWNED_FD fd = state_open(state_fd, RATE_LIMIT_FILE, O_RDONLY);

    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    int r = io_read_all(fd, slots, TABLE_BYTES, &size);
    if (r < 0)
        return r;
    for (size_t i = 0; i < size / sizeof *slots; i++) {
        struct rate_slot slot = slots[i];
        slot.name[sizeof slot.name - 1] = '\0';
        if (slot.key != 0)
            slots[count++] = slot;
    }
    return count;
}
