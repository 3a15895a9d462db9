/* "some avg10=1.23 avg60=… total=…", then "full". Context: guest. */
#include "handler/sampler/pressure_stats.h"

#include <string.h>

#include "handler/sampler/sample_number.h"
#include "proto/base/fmt.h"

void pressure_stats_open(struct pressure_stats *pressure, const char *root,
                         const struct cgroup_memory *group)
{
    *pressure = (struct pressure_stats){.stalled_us = BOX_UNKNOWN_U64};
    if (group->version == 2)
        proc_file_open(&pressure->file, group->own, "/memory.pressure");
    pressure->of_group = pressure->file.fd > 0;
    if (!pressure->of_group)
        proc_file_open(&pressure->file, root, "/proc/pressure/memory");
}

void pressure_stats_close(struct pressure_stats *pressure)
{
    proc_file_close(&pressure->file);
}

/* The number behind key, with two decimals, in thousandths of a whole. */
static uint16_t permille(const char *text, size_t size, const char *key)
{
    const char *at = memmem(text, size, key, strlen(key));
    const char *end = text + size;
    uint64_t whole;
    uint64_t hundredths = 0;

    if (!at)
        return BOX_UNKNOWN_U16;
    at += strlen(key);
    if (fmt_parse_u64(&at, end, 10, &whole) < 0)
        return BOX_UNKNOWN_U16;
    if (at < end && *at == '.') {
        at++;
        if (fmt_parse_u64(&at, end, 10, &hundredths) < 0)
            return BOX_UNKNOWN_U16;
    }
    return sample_u16(whole * 10 + hundredths / 10);
}

void pressure_stats_read(struct pressure_stats *pressure,
                         char text[PROC_FILE_TEXT_BYTES],
                         struct box_sample *sample)
{
    size_t size = proc_file_read(&pressure->file, text, PROC_FILE_TEXT_BYTES);
    const char *total = memmem(text, size, "total=", strlen("total="));

    sample->pressure_some_permille = permille(text, size, "some avg10=");
    sample->pressure_full_permille = permille(text, size, "full avg10=");
    pressure->stalled_us = BOX_UNKNOWN_U64;
    if (!total)
        return;
    total += strlen("total=");
    if (fmt_parse_u64(&total, text + size, 10, &pressure->stalled_us) < 0)
        pressure->stalled_us = BOX_UNKNOWN_U64;
}
