/* Doubt about the wall clock. Context: tool. */
#include "reporter/queue/wall_clock.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/keyfile.h"
#include "reporter/state_file.h"

#define CLOCK_FILE "clock"
#define KEEP_MS    3600000ll /* a look this near the last is not written down */

/* Clocks are never negative, and far below the limits of int64_t. */
static bool is_near(int64_t a_ms, int64_t b_ms, int64_t most_ms)
{
    return a_ms <= b_ms + most_ms && b_ms <= a_ms + most_ms;
}

struct wall_clock wall_clock_look(struct wall_clock before, int64_t now_ms)
{
    bool steady = before.seen_ms > 0 &&
                  is_near(before.seen_ms, now_ms, WALL_CLOCK_STEP_MS) &&
                  before.steady_ms <= now_ms;

    return (struct wall_clock){
        .seen_ms = now_ms,
        .steady_ms = steady ? before.steady_ms : now_ms,
    };
}

static int64_t number(const struct keyfile *file, const char *key)
{
    const char *value = keyfile_get(file, key);
    long long ms = value ? strtoll(value, NULL, 10) : 0;

    return ms < 0 || ms > INT64_MAX / 2 ? 0 : ms;
}

static struct wall_clock read_clock(int state_fd)
{
    OWNED_KEYFILE file = {0};

    if (keyfile_open(state_fd, CLOCK_FILE, &file, NULL) < 0)
        return (struct wall_clock){0, 0};
    return (struct wall_clock){number(&file, "seen"), number(&file, "steady")};
}

static void note(int state_fd, const struct wall_clock *clock)
{
    char text[128];
    int size = snprintf(text, sizeof text, "seen = %lld\nsteady = %lld\n",
                        (long long)clock->seen_ms, (long long)clock->steady_ms);
    struct span data = {(const uint8_t *)text, (size_t)size};

    /* Not kept: the next look finds a longer way, or no file: doubt. */
    DROP(state_file_note(state_fd, CLOCK_FILE, data));
}

bool wall_clock_believed(int state_fd, int64_t now_ms, int64_t steady_ms)
{
    struct wall_clock before = read_clock(state_fd);
    struct wall_clock now = wall_clock_look(before, now_ms);
    int64_t wanted_ms =
        steady_ms < WALL_CLOCK_STEP_MS ? steady_ms : WALL_CLOCK_STEP_MS;

    if (now.steady_ms != before.steady_ms ||
        !is_near(before.seen_ms, now_ms, KEEP_MS))
        note(state_fd, &now);
    return now_ms - now.steady_ms >= wanted_ms;
}
