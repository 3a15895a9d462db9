/*
 * The rate limit: how many deaths of one program make a report. A program in a
 * crash loop gets RATE_LIMIT_BURST reports, then one every
 * RATE_LIMIT_INTERVAL_MS; the deaths between are counted.
 *
 * STATE/rate-limit is a table of fixed size, read and written under a lock
 * that dies with its holder and is waited for half a second at most. A bucket
 * is one number, the time at which it is full again (the generic cell rate
 * algorithm, ITU-T I.371 annex A). The file is foreign input to every reader,
 * and is not mapped: who cuts it short ends nobody. What is wrong in it costs a
 * limit, never a report. Context: tool.
 */
#ifndef INQUEST_PROTO_RATE_LIMIT_H
#define INQUEST_PROTO_RATE_LIMIT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define RATE_LIMIT_FILE        "rate-limit"
#define RATE_LIMIT_BURST       20
#define RATE_LIMIT_INTERVAL_MS 60000
#define RATE_LIMIT_PROGRAMS    128 /* beyond it the quietest is forgotten */
#define RATE_LIMIT_NAME_BYTES  80

/* Of one program; all zeros: free. */
struct rate_slot {
    uint64_t key;              /* of name and executable; written once */
    uint64_t full_at_ms;       /* CLOCK_REALTIME */
    uint64_t unreported;       /* deaths since the last report */
    uint64_t unreported_total; /* since the slot was taken */
    uint64_t last_ms;          /* of the last unreported one */
    uint64_t reserved;
    char name[RATE_LIMIT_NAME_BYTES]; /* for people; ends with NUL */
};
static_assert(sizeof(struct rate_slot) == 128, "two cache lines, no padding");

struct rate_program {
    const char *name;
    const char *executable;
};

/*
 * The bucket after one more death at now_ms. *ret_allowed: it makes a report.
 * Pure. A time further away than any that we set (the clock was set back)
 * counts as a full bucket.
 */
uint64_t rate_limit_next(uint64_t full_at_ms, uint64_t now_ms,
                         bool *ret_allowed);

/*
 * Counts one death of the program. True: make a report; *ret_unreported is
 * then how many made none since the last one, and is forgotten here. Without
 * a usable file everything makes a report.
 */
bool rate_limit_take(int state_fd, const struct rate_program *program,
                     uint64_t now_ms, uint64_t *ret_unreported);

/*
 * Copies the slots in use to slots[RATE_LIMIT_PROGRAMS] and returns how many.
 * No file: 0. Fails with -errno.
 */
MUST_CHECK int rate_limit_read(int state_fd, struct rate_slot *slots);

#endif
