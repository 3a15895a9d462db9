/*
 * CPU and network use: OPTIONAL data. Nothing here is opened or looked at
 * before it was granted. Context: guest.
 */
#ifndef INQUEST_HANDLER_USAGE_STATS_H
#define INQUEST_HANDLER_USAGE_STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "handler/sampler/proc_file.h"

/* {0} is a closed one. */
struct usage_stats {
    bool granted;
    struct proc_file network; /* of the network namespace, not the process */
    uint64_t cpu_ms;          /* since the start of the process */
    uint64_t cpu_before_ms;
    uint64_t cpu_before_at_ms; /* CLOCK_MONOTONIC, 0: not yet */
    uint64_t rx_start_bytes;
    uint64_t tx_start_bytes;
    bool network_begun;
    uint64_t rx_bytes; /* since the first reading; UINT64_MAX: not known */
    uint64_t tx_bytes;
};

/* Opens what was granted, or closes everything. Idempotent. */
void usage_stats_grant(struct usage_stats *usage, const char *root,
                       bool granted);
void usage_stats_close(struct usage_stats *usage);

/*
 * CPU use since the last call in thousandths of one core, from getrusage(2);
 * BOX_UNKNOWN_U16 the first time.
 */
uint16_t usage_stats_cpu(struct usage_stats *usage, const struct rusage *used);

/* Network totals into rx_bytes and tx_bytes, but for the loopback's. */
void usage_stats_network(struct usage_stats *usage, char *text,
                         size_t capacity);

#endif
