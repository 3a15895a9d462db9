/*
 * A map from 64-bit keys to 32-bit values, open addressing. Key 0 cannot be
 * held. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_HASH_MAP_H
#define INQUEST_SYMBOLICATE_WORKER_HASH_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define HASH_MAP_NONE UINT32_MAX

struct hash_slot {
    uint64_t key;
    uint32_t value;
};

struct hash_map {
    struct hash_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/* The value of key, or HASH_MAP_NONE. */
uint32_t hash_map_get(const struct hash_map *map, uint64_t key);

/* Sets the value of a key that is not there yet. Fails with -ENOMEM. */
MUST_CHECK int hash_map_add(struct hash_map *map, uint64_t key, uint32_t value);

void hash_map_clear(struct hash_map *map);

/* Mixes all bits of x into all bits (the finaliser of MurmurHash3). */
uint64_t hash_mix(uint64_t x);

#endif
