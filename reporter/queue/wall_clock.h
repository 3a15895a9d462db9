/*
 * Whether the wall clock may be believed when it says how old something is. A
 * clock that jumps (a dead battery, a wrong time server) looks like one that
 * ran on while the machine was off; so after a jump nobody knows for a while.
 *
 *     seen --within a month--> steady --for a while--> believed
 *          \--further, or never seen--> steady from now on
 *
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_WALL_CLOCK_H
#define INQUEST_REPORTER_WALL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* A longer way between two looks, forth or back, is a jump: 30 days. */
#define WALL_CLOCK_STEP_MS 2592000000ll

struct wall_clock {
    int64_t seen_ms;   /* when we last looked; 0 never */
    int64_t steady_ms; /* since then it did not jump */
};

/* What a look at now_ms makes of it. Pure. */
struct wall_clock wall_clock_look(struct wall_clock before, int64_t now_ms);

/*
 * Looks, remembers it (STATE/clock), and says whether the clock has been steady
 * for so long, at most a step. What cannot be read or kept is doubt.
 */
bool wall_clock_believed(int state_fd, int64_t now_ms, int64_t steady_ms);

#endif
