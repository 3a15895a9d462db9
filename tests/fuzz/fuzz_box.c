/*
 * A box that its process scribbled over: the dumper makes a report of it all
 * the same, and one that packs. Context: tool.
 */
#include <assert.h>
#include <string.h>

#include "handler/dumper/report_build.h"
#include "tests/fuzz/fuzz.h"

static struct box box;
static uint8_t packed[16u << 20];

/* Seals that nobody can guess: half of the inputs get right ones. */
static void seal_all(void)
{
    box_seal(&box.identity, sizeof box.identity, 1);
    box_seal(&box.app, sizeof box.app, 1);
    box_seal(&box.crash, sizeof box.crash, 1);
    for (size_t i = 0; i < BOX_ACTIONS_COUNT; i++)
        box_seal(&box.actions[i], sizeof box.actions[i], (uint32_t)i + 1);
    for (size_t i = 0; i < BOX_ANNOTATIONS_MAX; i++)
        box_seal(&box.annotations[i], sizeof box.annotations[i], 1);
    for (size_t i = 0; i < BOX_FEATURES_MAX; i++)
        box_seal(&box.features[i], sizeof box.features[i], 1);
    for (size_t i = 0; i < BOX_TENS_COUNT; i++)
        box_seal(&box.tens[i], sizeof box.tens[i], (uint32_t)(i + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct build build;
    size_t packed_size = 0;

    memset(&box, size > 0 ? data[0] : 0, sizeof box);
    memcpy(&box, data, size < sizeof box ? size : sizeof box);
    if (size % 2 == 0)
        seal_all();
    build = (struct build){.box = &box, .state_fd = -1};
    build_start(&build, INQUEST__V1__KIND__CRASH, box.crash.time_unix_ms);
    build.deadline_ms = target_now_ms() + 1000;
    build_identity(&build);
    build_memory(&build);
    const struct termination_hearsay hearsay = {
        .supervisor = size % 4,
        .signal_number = (int)(size % 70),
        .restarted = size % 3 == 0,
    };
    DROP(build_termination(&build, &hearsay)); /* not all make one */
    build.target = target_open(0, 0);
    build.target->threads[0] = (struct target_thread){.tid = box.crash.tid};
    build.target->thread_count = 1;
    build_crash(&build);
    build_threads(&build);
    assert(report_pack_into(&build.report, packed, sizeof packed,
                            &packed_size) == 0);
    return 0;
}
