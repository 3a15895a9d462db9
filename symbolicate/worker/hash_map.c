/* Linear probing, at most half full. Context: tool. */
#include "symbolicate/worker/hash_map.h"

#include <errno.h>
#include <stdlib.h>

#define CAPACITY_FIRST 256

uint64_t hash_mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdull;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ull;
    return x ^ x >> 33;
}

static struct hash_slot *slot_of(const struct hash_map *map, uint64_t key)
{
    size_t at = hash_mix(key) & (map->capacity - 1);

    while (map->slots[at].key != 0 && map->slots[at].key != key)
        at = (at + 1) & (map->capacity - 1);
    return &map->slots[at];
}

uint32_t hash_map_get(const struct hash_map *map, uint64_t key)
{
    if (map->capacity == 0 || key == 0)
        return HASH_MAP_NONE;
    const struct hash_slot *slot = slot_of(map, key);
    return slot->key == key ? slot->value : HASH_MAP_NONE;
}

static int grow(struct hash_map *map)
{
    struct hash_map wider = {
        .capacity = map->capacity ? map->capacity * 2 : CAPACITY_FIRST,
        .count = map->count,
    };

    wider.slots = calloc(wider.capacity, sizeof *wider.slots);
    if (!wider.slots)
        return -ENOMEM;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].key != 0)
            *slot_of(&wider, map->slots[i].key) = map->slots[i];
    }
    free(map->slots);
    *map = wider;
    return 0;
}

int hash_map_add(struct hash_map *map, uint64_t key, uint32_t value)
{
    if (map->count * 2 >= map->capacity) {
        int r = grow(map);
        if (r < 0)
            return r;
    }
    *slot_of(map, key) = (struct hash_slot){key, value};
    map->count++;
    return 0;
}

void hash_map_clear(struct hash_map *map)
{
    free(map->slots);
    *map = (struct hash_map){0};
}
