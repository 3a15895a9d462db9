/* One token bucket a program, without a lock. Context: tool. */
#include "proto/rate_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/state_dir.h"

#define TABLE_BYTES (RATE_LIMIT_PROGRAMS * sizeof(struct rate_slot))
#define PROBES      8 /* slots that a program may lie in */
#define BUCKET_MS   ((uint64_t)RATE_LIMIT_BURST * RATE_LIMIT_INTERVAL_MS)

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
    OWNED_FD fd = openat(state_fd, RATE_LIMIT_FILE,
                         O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size == 0) {
        /* Room on the disk now, so that no store meets a full one. */
        if (fallocate(fd, 0, 0, (off_t)TABLE_BYTES) < 0)
            return -errno;
        state_give(state_fd, fd);
    } else if (!S_ISREG(status.st_mode) ||
               status.st_size != (off_t)TABLE_BYTES) {
        return -EINVAL;
    }
    return fd_take(&fd);
}

static struct rate_slot *map_table(int state_fd)
{
    OWNED_FD fd = open_table(state_fd);

    if (fd < 0)
        return NULL;
    void *at =
        mmap(NULL, TABLE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
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
        if (__atomic_load_n(&slot->key, __ATOMIC_ACQUIRE) == wanted)
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
        if (__atomic_load_n(&slot->full_at_ms, __ATOMIC_RELAXED) <
            __atomic_load_n(&best->full_at_ms, __ATOMIC_RELAXED))
            best = slot;
    }
    return best;
}

/* Two dumpers may take a slot at once: one of them finds the other's. */
static struct rate_slot *find_or_take(struct rate_slot *table, uint64_t key,
                                      const char *name)
{
    for (unsigned attempt = 0; attempt < PROBES; attempt++) {
        struct rate_slot *slot = find(table, key, key);
        if (slot)
            return slot;
        slot = quietest(table, key);
        uint64_t before = __atomic_load_n(&slot->key, __ATOMIC_ACQUIRE);
        if (!__atomic_compare_exchange_n(&slot->key, &before, key, false,
                                         __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            continue;
        if (before != 0) { /* another's counts are not ours */
            __atomic_store_n(&slot->full_at_ms, 0, __ATOMIC_RELAXED);
            __atomic_store_n(&slot->unreported, 0, __ATOMIC_RELAXED);
            __atomic_store_n(&slot->unreported_total, 0, __ATOMIC_RELAXED);
        }
        memset(slot->name, 0, sizeof slot->name);
        memcpy(slot->name, name, strnlen(name, sizeof slot->name - 1));
        return slot;
    }
    return NULL;
}

static bool take_token(struct rate_slot *slot, uint64_t now_ms)
{
    uint64_t before = __atomic_load_n(&slot->full_at_ms, __ATOMIC_ACQUIRE);
    uint64_t after;
    bool allowed;

    do {
        after = rate_limit_next(before, now_ms, &allowed);
    } while (!__atomic_compare_exchange_n(&slot->full_at_ms, &before, after,
                                          false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_ACQUIRE));
    return allowed;
}

bool rate_limit_take(int state_fd, const struct rate_program *program,
                     uint64_t now_ms, uint64_t *ret_unreported)
{
    struct rate_slot *table = map_table(state_fd);
    struct rate_slot *slot =
        table ? find_or_take(table, key_of(program), program->name) : NULL;
    bool allowed = !slot || take_token(slot, now_ms);

    *ret_unreported = 0;
    if (slot && allowed) {
        *ret_unreported =
            __atomic_exchange_n(&slot->unreported, 0, __ATOMIC_ACQ_REL);
    } else if (slot) {
        (void)__atomic_fetch_add(&slot->unreported, 1, __ATOMIC_RELAXED);
        (void)__atomic_fetch_add(&slot->unreported_total, 1, __ATOMIC_RELAXED);
        __atomic_store_n(&slot->last_ms, now_ms, __ATOMIC_RELAXED);
    }
    if (table)
        (void)munmap(table, TABLE_BYTES);
    return allowed;
}

int rate_limit_read(int state_fd, struct rate_slot *slots)
{
    size_t size = 0;
    int count = 0;
    OWNED_FD fd = openat(state_fd, RATE_LIMIT_FILE,
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
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
