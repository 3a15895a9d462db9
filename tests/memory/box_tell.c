/*
 * Says what a box holds, one line of JSON a file: box_tell FILE…
 * "torn": slots of the three rings that are neither whole nor empty; "foreign":
 * samples whose fields do not belong together as ring_writer.h writes them, or
 * whose times do not rise. Context: tool.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "proto/base/fd.h"
#include "proto/box_history.h"
#include "tests/memory/ring_writer.h"

static struct box_point points[BOX_HISTORY_MAX];

static unsigned torn_in(const struct box_sample *ring, uint32_t count)
{
    static const struct box_sample empty;
    unsigned torn = 0;

    for (uint32_t i = 0; i < count; i++) {
        torn += memcmp(&ring[i], &empty, sizeof empty) != 0 &&
                !box_sealed(&ring[i], sizeof ring[i]);
    }
    return torn;
}

static unsigned foreign_in(size_t count, bool written)
{
    unsigned foreign = 0;

    for (size_t i = 0; i < count; i++) {
        foreign += (i > 0 && points[i].boot_ms <= points[i - 1].boot_ms) ||
                   points[i].sample.version != 1 ||
                   (written && !ring_written(&points[i].sample));
    }
    return foreign;
}

static unsigned resumed_in(size_t count)
{
    unsigned resumed = 0;

    for (size_t i = 0; i < count; i++)
        resumed += (points[i].sample.flags & BOX_SAMPLE_RESUMED) != 0;
    return resumed;
}

/* Only the slow samples have it. */
static unsigned last_swap_mib(size_t count)
{
    for (size_t i = count; i > 0; i--) {
        if (points[i - 1].sample.swap_pages != BOX_UNKNOWN_U32)
            return points[i - 1].sample.swap_pages / 256;
    }
    return 0;
}

static int tell(const char *path)
{
    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    struct box_sampler sampler;
    unsigned alarms = 0;

    if (fd < 0 || fstat(fd, &status) < 0 ||
        status.st_size != (off_t)sizeof(struct box))
        return 65;
    const struct box *box =
        mmap(NULL, sizeof *box, PROT_READ, MAP_PRIVATE, fd, 0);
    if (box == MAP_FAILED || !box_valid(box, sizeof *box))
        return 65;
    size_t count = box_history_read(box, points);
    for (size_t i = 0; i < BOX_ALARMS_COUNT; i++)
        alarms += box_sealed(&box->alarms[i], sizeof box->alarms[i]);
    bool known = box_sampler_read(box, &sampler);
    printf(
        "{\"pid\":%d,\"samples\":%zu,\"torn\":%u,\"foreign\":%u,"
        "\"alarms\":%u,\"resumed\":%u,\"period_ms\":%u,\"last_boot_ms\":%llu,"
        "\"first_boot_ms\":%llu,\"cgroup\":\"%s\",\"moves\":%u,\"swap_mib\":%u}"
        "\n",
        box->identity.pid, count,
        torn_in(box->seconds, BOX_SECONDS_COUNT) +
            torn_in(box->tens, BOX_TENS_COUNT) +
            torn_in(box->minutes, BOX_MINUTES_COUNT),
        foreign_in(count, box->identity.pid == 0), alarms, resumed_in(count),
        known ? sampler.period_ms : 0,
        count ? (unsigned long long)points[count - 1].boot_ms : 0ull,
        count ? (unsigned long long)points[0].boot_ms : 0ull, sampler.cgroup,
        box->control.cgroup_moves, last_swap_mib(count));
    return 0;
}

int main(int argc, char **argv)
{
    int status = argc > 1 ? 0 : 64;

    for (int i = 1; i < argc && status == 0; i++)
        status = tell(argv[i]);
    return status;
}
