/* Chained hashing; entries never move but by growing. Context: tool. */
#include "symbolicate/worker/string_set.h"

#include <string.h>

#include "symbolicate/worker/array.h"
#include "symbolicate/worker/hash_map.h"

#define HEADS_FIRST 1024

static uint32_t *head_of(struct chains *chains, uint64_t hash)
{
    return &chains->heads[hash & (chains->head_count - 1)];
}

/* As many heads again; the caller puts its entries in anew. */
static int more_heads(struct chains *chains)
{
    size_t wanted = chains->head_count ? chains->head_count * 2 : HEADS_FIRST;
    uint32_t *heads = calloc(wanted, sizeof *heads);

    if (!heads)
        return -ENOMEM;
    free(chains->heads);
    chains->heads = heads;
    chains->head_count = wanted;
    return 0;
}

/* FNV-1a over words of eight bytes, then mixed. */
static uint64_t hash_bytes(const char *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    uint64_t word;

    for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * 0x100000001b3ull;
        hash ^= hash >> 29;
    }
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)bytes[i]) * 0x100000001b3ull;
    return hash_mix(hash);
}

static int rehash_strings(struct string_set *set)
{
    int r = more_heads(&set->chains);

    if (r < 0)
        return r;
    for (size_t i = 0; i < set->count; i++) {
        uint32_t *head = head_of(&set->chains, set->at[i].hash);
        set->at[i].next = *head;
        *head = (uint32_t)i + 1;
    }
    return 0;
}

static int text_room(struct string_set *set, size_t size)
{
    size_t wanted = set->text_capacity ? set->text_capacity : 4096;

    while (wanted < set->text_size + size)
        wanted *= 2;
    if (wanted == set->text_capacity)
        return 0;
    if (wanted > STRINGS_BYTES)
        return -ERR_LIMIT;
    char *grown = realloc(set->text, wanted);
    if (!grown)
        return -ENOMEM;
    set->text = grown;
    set->text_capacity = wanted;
    return 0;
}

static int append(struct string_set *set, const char *string, size_t size,
                  uint64_t hash)
{
    int r = ARRAY_ROOM(set, STRINGS_MAX);

    if (r == 0)
        r = text_room(set, size + 1);
    if (r == 0 && set->count >= set->chains.head_count)
        r = rehash_strings(set);
    if (r < 0)
        return r;
    uint32_t *head = head_of(&set->chains, hash);
    set->at[set->count] = (struct string_entry){hash, (uint32_t)set->text_size,
                                                (uint32_t)size, *head};
    memcpy(set->text + set->text_size, string, size);
    set->text[set->text_size + size] = '\0';
    set->text_size += size + 1;
    *head = (uint32_t)++set->count;
    return 0;
}

int string_set_add(struct string_set *set, const char *string,
                   uint32_t *ret_index)
{
    size_t size = strnlen(string, STRING_BYTES_MAX);
    uint64_t hash = hash_bytes(string, size);

    if (set->chains.head_count > 0) {
        for (uint32_t i = *head_of(&set->chains, hash); i > 0;
             i = set->at[i - 1].next) {
            const struct string_entry *entry = &set->at[i - 1];
            if (entry->hash == hash && entry->size == size &&
                memcmp(set->text + entry->offset, string, size) == 0) {
                *ret_index = i - 1;
                return 0;
            }
        }
    }
    int r = append(set, string, size, hash);
    if (r == 0)
        *ret_index = (uint32_t)set->count - 1;
    return r;
}

const char *string_set_get(const struct string_set *set, uint32_t index)
{
    return set->text + set->at[index].offset;
}

void string_set_clear(struct string_set *set)
{
    free(set->chains.heads);
    free(set->at);
    free(set->text);
    *set = (struct string_set){0};
}

static uint64_t hash_tuple(struct tuple tuple)
{
    uint64_t low = (uint64_t)tuple.word[0] << 32 | tuple.word[1];
    uint64_t high = (uint64_t)tuple.word[2] << 32 | tuple.word[3];

    return hash_mix(low ^ hash_mix(high + 0x9e3779b97f4a7c15ull));
}

static int rehash_tuples(struct tuple_set *set)
{
    int r = more_heads(&set->chains);

    if (r < 0)
        return r;
    for (size_t i = 0; i < set->count; i++) {
        uint32_t *head = head_of(&set->chains, hash_tuple(set->at[i].tuple));
        set->at[i].next = *head;
        *head = (uint32_t)i + 1;
    }
    return 0;
}

int tuple_set_add(struct tuple_set *set, struct tuple tuple,
                  uint32_t *ret_index)
{
    uint64_t hash = hash_tuple(tuple);

    if (set->chains.head_count > 0) {
        for (uint32_t i = *head_of(&set->chains, hash); i > 0;
             i = set->at[i - 1].next) {
            if (memcmp(&set->at[i - 1].tuple, &tuple, sizeof tuple) == 0) {
                *ret_index = i - 1;
                return 0;
            }
        }
    }
    int r = ARRAY_ROOM(set, TUPLES_MAX);
    if (r == 0 && set->count >= set->chains.head_count)
        r = rehash_tuples(set);
    if (r < 0)
        return r;
    uint32_t *head = head_of(&set->chains, hash);
    set->at[set->count] = (struct tuple_entry){tuple, *head};
    *ret_index = (uint32_t)set->count;
    *head = (uint32_t)++set->count;
    return 0;
}

void tuple_set_clear(struct tuple_set *set)
{
    free(set->chains.heads);
    free(set->at);
    *set = (struct tuple_set){0};
}
