/* Processors of a thread. Context: any. */
#include "proto/base/cpu_mask.h"

#include <errno.h>
#include <string.h>

#include "proto/base/fmt.h"
#include "proto/base/sys.h"

#define WORD_DIGITS 16

int cpu_mask_get(struct cpu_mask *ret_mask)
{
    memset(ret_mask, 0, sizeof *ret_mask);
    long bytes = sys_call3(SYS_sched_getaffinity, 0, sizeof ret_mask->words,
                           (long)ret_mask->words);
    if (bytes < 0)
        return (int)bytes;
    ret_mask->count = (size_t)bytes / sizeof *ret_mask->words;
    return 0;
}

int cpu_mask_here(struct cpu_mask *ret_mask)
{
    unsigned cpu = 0;

    int r = cpu_mask_get(ret_mask);
    if (r == 0)
        r = (int)sys_call3(SYS_getcpu, (long)&cpu, 0, 0);
    if (r < 0)
        return r;
    if (cpu / 64 >= ret_mask->count)
        return -EINVAL;
    memset(ret_mask->words, 0, sizeof ret_mask->words);
    ret_mask->words[cpu / 64] = 1ull << (cpu % 64);
    return 0;
}

int cpu_mask_use(const struct cpu_mask *mask)
{
    return (int)sys_call3(SYS_sched_setaffinity, 0,
                          (long)(mask->count * sizeof *mask->words),
                          (long)mask->words);
}

void cpu_mask_text(const struct cpu_mask *mask,
                   char ret_text[CPU_MASK_TEXT_BYTES])
{
    struct text text = text_init(ret_text, CPU_MASK_TEXT_BYTES);

    for (size_t i = 0; i < mask->count; i++)
        text_append_hex(&text, mask->words[i], WORD_DIGITS);
}

int cpu_mask_parse(const char *text, struct cpu_mask *ret_mask)
{
    struct cpu_mask mask = {.count = strlen(text) / WORD_DIGITS};

    if (strlen(text) % WORD_DIGITS != 0 || mask.count == 0 ||
        mask.count > CPU_MASK_WORDS)
        return -EINVAL;
    for (size_t i = 0; i < mask.count; i++) {
        const char *at = text + i * WORD_DIGITS;
        const char *end = at + WORD_DIGITS;
        if (fmt_parse_u64(&at, end, 16, &mask.words[i]) < 0 || at != end)
            return -EINVAL;
    }
    *ret_mask = mask;
    return 0;
}
