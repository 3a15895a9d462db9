/* What a process uses, once granted. Formats: proc(5). Context: guest. */
#include "handler/sampler/usage_stats.h"

#include <string.h>
#include <time.h>

#include "proto/base/fmt.h"
#include "proto/base/sys.h"
#include "proto/box.h"

#define RX_COLUMN 0 /* of /proc/net/dev, behind the colon */
#define TX_COLUMN 8

void usage_stats_grant(struct usage_stats *usage, const char *root,
                       bool granted)
{
    if (usage->granted == granted)
        return;
    usage_stats_close(usage);
    if (!granted)
        return;
    usage->granted = true;
    proc_file_open(&usage->network, root, "/proc/net/dev");
}

void usage_stats_close(struct usage_stats *usage)
{
    proc_file_close(&usage->network);
    *usage =
        (struct usage_stats){.rx_bytes = UINT64_MAX, .tx_bytes = UINT64_MAX};
}

/* Number of blank-separated field index; 0 where there is none. */
static uint64_t column(const char *at, const char *end, int index)
{
    uint64_t value = 0;

    for (int i = 0; at < end && i <= index; i++) {
        while (at < end && *at == ' ')
            at++;
        if (i < index) {
            while (at < end && *at != ' ')
                at++;
        }
    }
    return fmt_parse_u64(&at, end, 10, &value) < 0 ? 0 : value;
}

static uint64_t ms_of(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000u + (uint64_t)time->tv_usec / 1000u;
}

uint16_t usage_stats_cpu(struct usage_stats *usage, const struct rusage *used)
{
    uint64_t now_ms = (uint64_t)sys_clock_ns(CLOCK_MONOTONIC) / 1000000u;
    uint64_t since_ms = now_ms - usage->cpu_before_at_ms;
    bool first = usage->cpu_before_at_ms == 0;

    usage->cpu_ms = ms_of(&used->ru_utime) + ms_of(&used->ru_stime);
    uint64_t used_ms = usage->cpu_ms - usage->cpu_before_ms;
    usage->cpu_before_ms = usage->cpu_ms;
    usage->cpu_before_at_ms = now_ms;
    if (first || since_ms == 0)
        return BOX_UNKNOWN_U16;
    uint64_t permille = used_ms * 1000u / since_ms;
    return (uint16_t)(permille < BOX_UNKNOWN_U16 ? permille
                                                 : BOX_UNKNOWN_U16 - 1);
}

void usage_stats_network(struct usage_stats *usage, char *text, size_t capacity)
{
    size_t size = proc_file_read(&usage->network, text, capacity);
    const char *end = text + size;
    uint64_t rx = 0;
    uint64_t tx = 0;

    if (size == 0)
        return;
    for (const char *line = text; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next : end;
        const char *colon = memchr(line, ':', (size_t)(next - line));
        if (colon && !memmem(line, (size_t)(colon - line), " lo", 3)) {
            rx += column(colon + 1, next, RX_COLUMN);
            tx += column(colon + 1, next, TX_COLUMN);
        }
        line = next + 1;
    }
    if (!usage->network_begun) {
        usage->rx_start_bytes = rx;
        usage->tx_start_bytes = tx;
        usage->network_begun = true;
    }
    usage->rx_bytes = rx - usage->rx_start_bytes;
    usage->tx_bytes = tx - usage->tx_start_bytes;
}
