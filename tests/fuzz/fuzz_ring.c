/* A ring of samples that its process scribbled over. Context: tool. */
#include <assert.h>
#include <string.h>

#include "proto/box.h"
#include "tests/fuzz/fuzz.h"

#define SLOTS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct box_sample ring[SLOTS_MAX];
    static struct box_sample read[SLOTS_MAX];
    uint32_t slots = (uint32_t)(size / sizeof *ring);

    if (slots == 0)
        return 0;
    if (slots > SLOTS_MAX)
        slots = SLOTS_MAX;
    memcpy(ring, data, slots * sizeof *ring);
    uint32_t count = box_ring_read(ring, slots, read);
    assert(count <= slots);
    for (uint32_t i = 0; i < count; i++)
        assert(box_sealed(&read[i], sizeof read[i]));
    /* What is appended to it is found, whatever was there. */
    box_ring_append(ring, slots, slots + 1, &(struct box_sample){0});
    assert(box_ring_read(ring, slots, read) > 0);
    return 0;
}
