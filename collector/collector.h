/*
 * The parts of a running collector, which its handlers share. All of them take
 * care of their own threads. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_COLLECTOR_H
#define INQUEST_COLLECTOR_COLLECTOR_H

#include <stdint.h>

struct access;
struct config;
struct janitor;
struct store;
struct symbols;

struct collector {
    const struct config *config;
    struct store *store;
    struct access *access;
    struct janitor *janitor;
    struct symbols *symbols; /* NULL: no names are looked up */
};

/* Unix time. */
int64_t clock_ms(void);

#endif
