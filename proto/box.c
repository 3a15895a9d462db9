/* Records of the box. Context: any. */
#include "proto/box.h"

#include <string.h>

#include "proto/base/crc32c.h"

static uint32_t record_crc(const void *record, size_t size_bytes,
                           uint32_t sequence)
{
    uint32_t crc = crc32c(0, &sequence, sizeof sequence);
    return crc32c(crc, (const char *)record + sizeof(struct box_seal),
                  size_bytes - sizeof(struct box_seal));
}

void box_seal(void *record, size_t size_bytes, uint32_t sequence)
{
    struct box_seal *seal = record;

    seal->crc = record_crc(record, size_bytes, sequence);
    __atomic_store_n(&seal->sequence, sequence, __ATOMIC_RELEASE);
}

void box_unseal(void *record)
{
    struct box_seal *seal = record;

    __atomic_store_n(&seal->sequence, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

bool box_sealed(const void *record, size_t size_bytes)
{
    const struct box_seal *seal = record;
    uint32_t sequence = __atomic_load_n(&seal->sequence, __ATOMIC_ACQUIRE);

    return sequence != 0 &&
           seal->crc == record_crc(record, size_bytes, sequence);
}

bool box_crash_read(const struct box *box, struct box_crash *ret_crash)
{
    *ret_crash = box->crash;
    return box_sealed(ret_crash, sizeof *ret_crash);
}

bool box_valid(const struct box *box, size_t size_bytes)
{
    return size_bytes == sizeof(struct box) && box->magic == BOX_MAGIC &&
           box->version == BOX_VERSION && box->size_bytes == sizeof(struct box);
}

void box_ring_append(struct box_sample *ring, uint32_t count, uint32_t sequence,
                     const struct box_sample *sample)
{
    struct box_sample *slot = &ring[(sequence - 1) % count];
    const size_t seal_bytes = sizeof(struct box_seal);

    box_unseal(slot);
    memcpy((char *)slot + seal_bytes, (const char *)sample + seal_bytes,
           sizeof *slot - seal_bytes);
    box_seal(slot, sizeof *slot, sequence);
}

/* Where the oldest of the whole records in samples[count] stands. */
static uint32_t oldest_index(const struct box_sample *samples, uint32_t count)
{
    uint32_t oldest = 0;

    for (uint32_t i = 1; i < count; i++) {
        if (samples[i].seal.sequence < samples[oldest].seal.sequence)
            oldest = i;
    }
    return oldest;
}

/* Rotates samples[count] left by shift, by three reversals. */
static void reverse(struct box_sample *samples, uint32_t begin, uint32_t end)
{
    while (begin + 1 < end) {
        struct box_sample other = samples[begin];
        samples[begin++] = samples[--end];
        samples[end] = other;
    }
}

/* One that is being rewritten keeps its crc. */
static bool never_written(const struct box_seal *seal)
{
    return seal->sequence == 0 && seal->crc == 0;
}

uint32_t box_slots_used(const void *slots, size_t slot_bytes, uint32_t count)
{
    uint32_t used = 0;

    while (used < count &&
           !never_written((const struct box_seal *)((const char *)slots +
                                                    used * slot_bytes)))
        used++;
    return used;
}

uint32_t box_ring_read(const struct box_sample *ring, uint32_t count,
                       struct box_sample *samples)
{
    uint32_t used = 0;

    for (uint32_t i = 0; i < count; i++) {
        memcpy(&samples[used], &ring[i], sizeof *samples);
        if (never_written(&samples[used].seal))
            break; /* nor are those behind it */
        if (box_sealed(&samples[used], sizeof *samples))
            used++;
    }
    uint32_t oldest = used ? oldest_index(samples, used) : 0;
    reverse(samples, 0, oldest);
    reverse(samples, oldest, used);
    reverse(samples, 0, used);
    return used;
}

void box_string(char *destination, size_t size, const char *string)
{
    size_t length = strnlen(string, size - 1);

    memcpy(destination, string, length);
    memset(destination + length, 0, size - length);
}
