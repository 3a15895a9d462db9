/* A day as file and as report. Context: tool. */
#include "reporter/app/usage_day.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/crc32c.h"
#include "proto/keyfile.h"
#include "reporter/consent/audit.h"
#include "reporter/queue/fresh.h"
#include "reporter/state_file.h"

#define TEXT_BYTES 1024
#define MS_PER_S   1000
#define PERCENT    100

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%.*s", (int)size - 1, from ? from : "");
}

void usage_day_file(const struct usage_day *day,
                    char ret_name[USAGE_FILE_BYTES])
{
    uint32_t sum = crc32c(0, day->name, strlen(day->name) + 1);

    sum = crc32c(sum, day->version, strlen(day->version));
    snprintf(ret_name, USAGE_FILE_BYTES, "%s-%08x", day->day, sum);
}

static uint64_t number(const struct keyfile *file, const char *key)
{
    const char *text = keyfile_get(file, key);

    return text ? strtoull(text, NULL, 10) : 0;
}

int usage_day_read(int dir_fd, const char *name, struct usage_day *ret_day)
{
    OWNED_KEYFILE file = {0};

    int r = keyfile_open(dir_fd, name, &file, NULL);
    if (r < 0)
        return r;
    copy(ret_day->day, sizeof ret_day->day, keyfile_get(&file, "day"));
    copy(ret_day->name, sizeof ret_day->name, keyfile_get(&file, "name"));
    copy(ret_day->version, sizeof ret_day->version,
         keyfile_get(&file, "version"));
    copy(ret_day->report, sizeof ret_day->report, keyfile_get(&file, "report"));
    ret_day->starts = number(&file, "starts");
    ret_day->clean_ends = number(&file, "clean_ends");
    ret_day->crashes = number(&file, "crashes");
    ret_day->run_ms = number(&file, "run_ms");
    ret_day->cpu_ms = number(&file, "cpu_ms");
    ret_day->rx_bytes = number(&file, "rx_bytes");
    ret_day->tx_bytes = number(&file, "tx_bytes");
    return 0;
}

int usage_day_write(int dir_fd, const char *name, const struct usage_day *day)
{
    char text[TEXT_BYTES];

    int size = snprintf(
        text, sizeof text,
        "day = %s\nname = %s\nversion = %s\nreport = %s\nstarts = %lu\n"
        "clean_ends = %lu\ncrashes = %lu\nrun_ms = %lu\ncpu_ms = %lu\n"
        "rx_bytes = %lu\ntx_bytes = %lu\n",
        day->day, day->name, day->version, day->report, day->starts,
        day->clean_ends, day->crashes, day->run_ms, day->cpu_ms, day->rx_bytes,
        day->tx_bytes);
    return state_file_note(dir_fd, name,
                           (struct span){(const uint8_t *)text, (size_t)size});
}

static void fill(const struct usage_day *day, Inquest__V1__Usage *usage,
                 Inquest__V1__App *app)
{
    usage->day = (char *)day->day;
    usage->has_starts_case = INQUEST__V1__USAGE__HAS_STARTS_STARTS;
    usage->starts = (uint32_t)day->starts;
    usage->has_clean_ends_case = INQUEST__V1__USAGE__HAS_CLEAN_ENDS_CLEAN_ENDS;
    usage->clean_ends = (uint32_t)day->clean_ends;
    usage->has_crashes_case = INQUEST__V1__USAGE__HAS_CRASHES_CRASHES;
    usage->crashes = (uint32_t)day->crashes;
    usage->has_seconds_case = INQUEST__V1__USAGE__HAS_SECONDS_SECONDS;
    usage->seconds = day->run_ms / MS_PER_S;
    usage->has_cpu_percent_case =
        INQUEST__V1__USAGE__HAS_CPU_PERCENT_CPU_PERCENT;
    usage->cpu_percent =
        day->run_ms == 0 ? 0 : (uint32_t)(day->cpu_ms * PERCENT / day->run_ms);
    usage->has_network_rx_bytes_case =
        INQUEST__V1__USAGE__HAS_NETWORK_RX_BYTES_NETWORK_RX_BYTES;
    usage->network_rx_bytes = day->rx_bytes;
    usage->has_network_tx_bytes_case =
        INQUEST__V1__USAGE__HAS_NETWORK_TX_BYTES_NETWORK_TX_BYTES;
    usage->network_tx_bytes = day->tx_bytes;
    app->name = (char *)day->name;
    app->version = (char *)day->version;
}

int usage_day_report(struct home *home, int dir_fd, const char *name,
                     struct usage_day *day)
{
    Inquest__V1__Usage usage = INQUEST__V1__USAGE__INIT;
    Inquest__V1__App app = INQUEST__V1__APP__INIT;
    struct fresh fresh;

    int r = fresh_report(home, INQUEST__V1__KIND__USAGE, &fresh);
    if (r < 0)
        return r;
    if (day->report[0] == '\0') {
        copy(day->report, sizeof day->report, fresh.id);
        r = usage_day_write(dir_fd, name, day);
    }
    if (r < 0)
        return r;
    copy(fresh.id, sizeof fresh.id, day->report);
    fill(day, &usage, &app);
    fresh.report.usage = &usage;
    fresh.report.app = &app;
    r = fresh_drop(home, &fresh);
    if (r < 0 && r != -EEXIST)
        return r;
    r = state_file_erase(dir_fd, name);
    return r < 0 ? r : audit_append(home->state_fd, "usage", day->report);
}
