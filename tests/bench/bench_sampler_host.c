/*
 * A program of some size, for ./dev bench sampler:
 *
 *     bench_sampler_host MIB GROWTH_KIB_PER_S idle|streaming
 *     bench_sampler_host tick
 *
 * Grows steadily; streaming, it reads all of its memory over and over, so that
 * the sampler finds no cache of its own. tick measures the sampler's parts in
 * this process, one call after the other: nanoseconds of CPU each.
 * Context: tool.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "handler/sampler/alarm.h"
#include "handler/sampler/memory_stats.h"
#include "handler/sampler/sample_rate.h"
#include "handler/sampler/sample_rings.h"

#define MIB         ((size_t)1 << 20)
#define LINE_BYTES  64
#define STEP_MS     100
#define FAST_ROUNDS 20000
#define SLOW_ROUNDS 2000
#define DAY_S       86400

static struct memory_stats stats;
static struct box box;

static uint64_t cpu_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t read_samples(bool slow, unsigned rounds)
{
    struct sample_rings rings = {0};
    struct sample_rate rate = {0};
    struct box_sample sample;
    uint64_t begin = cpu_ns();

    for (unsigned i = 1; i <= rounds; i++) {
        memory_stats_read(&stats, slow, &sample);
        (void)sample_rate_next(&rate, i * 1000ull, &sample, 0);
        sample_rings_add(&rings, &box, i * 1000ull, &sample);
    }
    return (cpu_ns() - begin) / rounds;
}

/* A day of a leak: every window is judged to its end. */
static uint64_t judge_samples(void)
{
    struct alarm_settings settings = ALARM_DEFAULTS;
    static struct alarm_state state;
    struct box_alarm alarm;
    uint64_t begin = cpu_ns();

    settings.interval_s = 0;
    for (uint32_t second = 0; second < DAY_S; second++) {
        const struct alarm_sample sample = {
            .time_ms = second * 1000ull,
            .own_pages = 25600 + second * 5,
            .used_pages = 25600 + second * 5,
            .limit_pages = BOX_UNKNOWN_U32 - 1,
            .pressure_us = second,
            .pressure_limit_pages = BOX_UNKNOWN_U32 - 1,
        };
        (void)alarm_next(&state, &settings, &sample, &alarm);
    }
    return (cpu_ns() - begin) / DAY_S;
}

static int measure_ticks(void)
{
    memory_stats_open(&stats, "", "");
    (void)read_samples(true, SLOW_ROUNDS); /* warms up */
    uint64_t fast_ns = read_samples(false, FAST_ROUNDS);
    uint64_t slow_ns = read_samples(true, SLOW_ROUNDS);
    memory_stats_close(&stats);
    printf("%llu %llu %llu\n", (unsigned long long)fast_ns,
           (unsigned long long)slow_ns, (unsigned long long)judge_samples());
    return 0;
}

static void pause_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&time, NULL);
}

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* Reads one line of all for STEP_MS; returns where to go on. */
static size_t stream(const char *memory, size_t size, size_t at)
{
    uint64_t end_ms = now_ms() + STEP_MS;
    unsigned count = 0;

    while ((++count & 0xfff) != 0 || now_ms() < end_ms) {
        (void)*(const volatile char *)(memory + at);
        at = (at + LINE_BYTES) % size;
    }
    return at;
}

static void live(size_t size, size_t growth_kib_per_s, bool streaming)
{
    char *memory = malloc(size);
    size_t at = 0;

    if (!memory)
        abort();
    memset(memory, 1, size);
    puts("ready");
    (void)fflush(stdout);
    for (;;) {
        size_t step = growth_kib_per_s * 1024 * STEP_MS / 1000;
        char *more = step > 0 ? malloc(step) : NULL;
        if (more)
            memset(more, 1, step);
        if (streaming) {
            at = stream(memory, size, at);
        } else {
            pause_ms(STEP_MS);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "tick") == 0)
        return measure_ticks();
    if (argc != 4)
        return 64;
    live(strtoul(argv[1], NULL, 10) * MIB, strtoul(argv[2], NULL, 10),
         strcmp(argv[3], "streaming") == 0);
}
