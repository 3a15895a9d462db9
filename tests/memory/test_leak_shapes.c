/*
 * The slope rule on shapes of memory use, made here and recorded from real
 * programs (record_series.py): what leaks is found, what does not is left in
 * peace. Prints how long each took. Context: tool.
 */
#include "tests/unit/support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handler/sampler/alarm.h"

#define MIB          256.0 /* pages */
#define S_PER_HOUR   3600u
#define READING_S    10u
#define READINGS_MAX 600

static double readings[READINGS_MAX]; /* of the recorded shape under test */
static uint32_t reading_count;

/* Noise in [-1, 1], the same in every run. */
static double noise(void)
{
    static uint64_t seed = 1;

    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 33) / (double)(1u << 30) - 1;
}

static double minutes(uint32_t second)
{
    return second / 60.0;
}

/* A tooth of period minutes, from 0 to 1. */
static double tooth(uint32_t second, double period)
{
    return fmod(minutes(second), period) / period;
}

static double flat(uint32_t second)
{
    (void)second;
    return 100;
}

static double flat_with_noise(uint32_t second)
{
    (void)second;
    return 4096 + 40 * noise();
}

static double wandering(uint32_t second)
{
    static double level;

    level = second == 0 ? 0 : level * 0.999 + noise();
    return 300 + level;
}

static double garbage_every_30_s(uint32_t second)
{
    return 50 + 100 * tooth(second, 0.5) + 2 * noise();
}

static double garbage_every_7_min(uint32_t second)
{
    return 200 + 700 * tooth(second, 7) + 5 * noise();
}

static double garbage_every_25_min(uint32_t second)
{
    return 256 + 768 * tooth(second, 25) + 5 * noise();
}

static double garbage_every_55_min(uint32_t second)
{
    return 256 + 768 * tooth(second, 55) + 5 * noise();
}

static double two_generations(uint32_t second)
{
    return 300 + 60 * tooth(second, 0.4) + 400 * tooth(second, 40);
}

static double cache_of_5_min(uint32_t second)
{
    return 60 + 1024 * (1 - exp(-minutes(second) / 5)) + noise();
}

static double cache_of_45_min(uint32_t second)
{
    return 60 + 2048 * (1 - exp(-minutes(second) / 45)) + noise();
}

static double cache_filled_evenly(uint32_t second)
{
    return 60 + fmin(512, minutes(second) * 512 / 25) + noise();
}

static double cache_emptied_by_the_hour(uint32_t second)
{
    return 60 + 400 * (1 - exp(-60 * tooth(second, 60) / 8)) + noise();
}

static double one_step(uint32_t second)
{
    return (second < 2 * S_PER_HOUR ? 100 : 600) + noise();
}

static double jobs_that_come_and_go(uint32_t second)
{
    return 100 + (second / 1200 % 3) * 150 + 2 * noise();
}

static double day_and_night(uint32_t second)
{
    return 300 + 100 * sin(minutes(second) / (24 * 60) * 2 * M_PI) + noise();
}

static double leak_of_1_mib(uint32_t second)
{
    return 100 + minutes(second) + noise();
}

static double leak_of_100_mib(uint32_t second)
{
    return 100 + 100 * minutes(second) + noise();
}

static double leak_under_garbage(uint32_t second)
{
    return 100 + minutes(second) + 60 * tooth(second, 0.5) + noise();
}

static double leak_that_begins_late(uint32_t second)
{
    double since = minutes(second) - 300;

    return 500 + (since > 0 ? 10 * since : 0) + noise();
}

static double leak_of_10_mib_an_hour(uint32_t second)
{
    return 200 + minutes(second) / 6 + noise();
}

static double leak_in_steps(uint32_t second)
{
    return 100 + 20 * (second / 300) + noise();
}

static double recorded(uint32_t second)
{
    uint32_t index = second / READING_S;

    return readings[index < reading_count ? index : reading_count - 1] / MIB;
}

static const struct shape {
    const char *name;
    double (*mib)(uint32_t second); /* recorded: the file of that name */
    uint32_t hours;
    bool leaks;
} shapes[] = {
    {"flat", flat, 24, false},
    {"flat with noise", flat_with_noise, 96, false},
    {"wandering", wandering, 96, false},
    {"garbage every 30 s", garbage_every_30_s, 24, false},
    {"garbage every 7 min", garbage_every_7_min, 24, false},
    {"garbage every 25 min", garbage_every_25_min, 24, false},
    {"garbage every 55 min", garbage_every_55_min, 24, false},
    {"two generations", two_generations, 24, false},
    {"cache of 5 min", cache_of_5_min, 24, false},
    {"cache of 45 min", cache_of_45_min, 24, false},
    {"cache filled evenly", cache_filled_evenly, 24, false},
    {"cache emptied by the hour", cache_emptied_by_the_hour, 24, false},
    {"one step", one_step, 24, false},
    {"jobs that come and go", jobs_that_come_and_go, 24, false},
    {"day and night", day_and_night, 120, false},
    {"node_garbage", recorded, 0, false},
    {"python_cycles", recorded, 0, false},
    {"sqlite_cache", recorded, 0, false},
    {"python_steady", recorded, 0, false},
    {"python_bursts", recorded, 0, false},
    {"perl_steps", recorded, 0, false},
    {"leak of 1 MiB/min", leak_of_1_mib, 4, true},
    {"leak of 100 MiB/min", leak_of_100_mib, 4, true},
    {"leak under garbage", leak_under_garbage, 4, true},
    {"leak that begins late", leak_that_begins_late, 8, true},
    {"leak of 10 MiB/h", leak_of_10_mib_an_hour, 24, true},
    {"leak in steps", leak_in_steps, 4, true},
    {"node_leak", recorded, 0, true},
    {"python_leak", recorded, 0, true},
};

static uint32_t read_series(const char *name)
{
    char path[SUPPORT_PATH_BYTES];

    (void)snprintf(path, sizeof path, RECORDED "/series/%s.txt", name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    for (reading_count = 0; reading_count < READINGS_MAX; reading_count++) {
        if (fscanf(file, "%lf", &readings[reading_count]) != 1)
            break;
    }
    (void)fclose(file);
    assert_int_equal(reading_count, READINGS_MAX);
    return reading_count * READING_S;
}

/* The second of the first alarm, 0: none. */
static uint32_t watch(const struct shape *shape, struct box_alarm *ret_alarm)
{
    const struct alarm_settings settings = ALARM_DEFAULTS;
    static struct alarm_state state;
    uint32_t seconds = shape->hours * S_PER_HOUR;

    state = (struct alarm_state){0};
    if (shape->mib == recorded)
        seconds = read_series(shape->name);
    for (uint32_t second = 0; second < seconds; second++) {
        struct alarm_sample sample = {
            .time_ms = second * 1000ull,
            .own_pages = (uint32_t)(shape->mib(second) * MIB),
            .used_pages = BOX_UNKNOWN_U32,
            .limit_pages = BOX_UNKNOWN_U32,
            .pressure_us = BOX_UNKNOWN_U64,
        };
        if (alarm_next(&state, &settings, &sample, ret_alarm))
            return second;
    }
    return 0;
}

static void leaks_are_found_and_nothing_else(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++) {
        struct box_alarm alarm;
        uint32_t second = watch(&shapes[i], &alarm);
        wrong += (second > 0) != shapes[i].leaks;
        if (second == 0) {
            printf("%-26s no alarm\n", shapes[i].name);
            continue;
        }
        printf("%-26s alarm after %3u min: %.2f MiB/min in %.0f min%s\n",
               shapes[i].name, second / 60,
               (double)alarm.slope_bytes_per_second * 60 / (1 << 20),
               (double)alarm.window_ms / 60000,
               shapes[i].leaks ? "" : "  (FALSE)");
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaks_are_found_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
