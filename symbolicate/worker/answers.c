/* Merges, overlays, names. Context: tool. */
#include "symbolicate/worker/answers.h"

#include <string.h>

#include "symbolicate/worker/array.h"
#include "symbolicate/worker/overlay.h"

#define CLONE_NAME_BYTES 4096

enum { NAME, FILE_NAME, LINE, PARENT }; /* words of a record */

struct merge {
    struct answers *answers;
    struct symbol_table *symbols;
    struct segments named;  /* segments of symbols; record: index of symbol */
    size_t next;            /* of named, at or above the last address */
    struct segment stretch; /* of one record, still growing */
    uint64_t done;          /* named below */
};

static int add_segment(struct segments *segments, uint64_t begin, uint64_t end,
                       uint32_t record)
{
    if (segments->count > 0) {
        struct segment *last = &segments->at[segments->count - 1];
        if (last->end == begin && last->record == record) {
            last->end = end;
            return 0;
        }
    }
    int r = ARRAY_ROOM(segments, SEGMENTS_MAX);
    if (r == 0) {
        segments->at[segments->count++] =
            (struct segment){begin, end, record, 0};
    }
    return r;
}

static int collect(void *context, uint64_t begin, uint64_t end, uint32_t what)
{
    return add_segment(context, begin, end, what);
}

/* map NULL: numbers are as they were. */
static uint32_t mapped(const uint32_t *map, uint32_t index)
{
    return index == POOL_NONE || !map ? index : map[index];
}

static int map_strings(struct answers *answers, const struct pool *pool,
                       uint32_t *map)
{
    int r = 0;

    for (size_t i = 0; i < pool->strings.count && r == 0; i++) {
        r = string_set_add(&answers->strings,
                           string_set_get(&pool->strings, (uint32_t)i),
                           &map[i]);
    }
    return r;
}

/* A parent was pooled before its children, so its number is known. */
static int map_records(struct answers *answers, const struct pool *pool,
                       const uint32_t *strings, uint32_t *map)
{
    int r = 0;

    for (size_t i = 0; i < pool->records.count && r == 0; i++) {
        struct tuple record = pool->records.at[i].tuple;
        record.word[NAME] = mapped(strings, record.word[NAME]);
        record.word[FILE_NAME] = mapped(strings, record.word[FILE_NAME]);
        record.word[PARENT] = mapped(map, record.word[PARENT]);
        r = tuple_set_add(&answers->records, record, &map[i]);
    }
    return r;
}

/* Layers: what has a function before what has none, then the first unit. */
static int add_layers(const struct answers *answers, const struct pool *pool,
                      const uint32_t *map, struct layers *layers)
{
    int r = 0;

    for (size_t i = 0; i < pool->segments.count && r == 0; i++) {
        const struct segment *segment = &pool->segments.at[i];
        uint32_t record = mapped(map, segment->record);
        const struct tuple *tuple = &answers->records.at[record].tuple;
        uint64_t named = tuple->word[NAME] != POOL_NONE;
        r = ARRAY_ROOM(layers, SEGMENTS_MAX);
        if (r == 0) {
            layers->at[layers->count++] = (struct layer){
                segment->begin, segment->end,
                named << 32 | (UINT32_MAX - segment->unit), record};
        }
    }
    return r;
}

/* The first pool's strings and records as they are. */
static int adopt_pool(struct answers *answers, struct pool *pool,
                      struct layers *layers)
{
    answers->strings = pool->strings;
    answers->records = pool->records;
    pool->strings = (struct string_set){0};
    pool->records = (struct tuple_set){0};
    int r = add_layers(answers, pool, NULL, layers);
    pool_clear(pool);
    return r;
}

static int merge_pool(struct answers *answers, struct pool *pool,
                      struct layers *layers)
{
    uint32_t *strings = calloc(pool->strings.count + 1, sizeof *strings);
    uint32_t *records = calloc(pool->records.count + 1, sizeof *records);
    int r = strings && records ? 0 : -ENOMEM;

    if (r == 0)
        r = map_strings(answers, pool, strings);
    if (r == 0)
        r = map_records(answers, pool, strings, records);
    if (r == 0)
        r = add_layers(answers, pool, records, layers);
    free(strings);
    free(records);
    pool_clear(pool);
    return r;
}

/* The symbol that begins last shows; of aliases a global one, then by name. */
static int by_preference(const void *left, const void *right, void *context)
{
    const struct symbol *a = left;
    const struct symbol *b = right;
    const struct string_set *strings = context;

    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    return strcmp(string_set_get(strings, b->name),
                  string_set_get(strings, a->name));
}

static int flatten_symbols(struct merge *merge)
{
    struct symbol_table *table = merge->symbols;
    struct layers layers = {0};
    int r = 0;

    if (table->count > 0) {
        qsort_r(table->at, table->count, sizeof *table->at, by_preference,
                &table->strings);
    }
    for (size_t i = 0; i < table->count && r == 0; i++) {
        r = ARRAY_ROOM(&layers, SEGMENTS_MAX);
        if (r == 0) {
            layers.at[layers.count++] = (struct layer){
                table->at[i].begin, table->at[i].end, i, (uint32_t)i};
        }
    }
    if (r == 0)
        r = overlay_flatten(&layers, collect, &merge->named);
    free(layers.at);
    return r;
}

static bool is_mangled(const char *name)
{
    return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
}

/* The symbol's name; whole: with the suffix of a clone (.cold, .part.0). */
static int symbol_name(const struct merge *merge, uint32_t symbol, bool whole,
                       uint32_t *ret_name)
{
    const char *name = string_set_get(&merge->symbols->strings,
                                      merge->symbols->at[symbol].name);
    size_t size = whole ? strlen(name) : strcspn(name, ".");
    char plain[CLONE_NAME_BYTES];

    if (whole || size == 0 || size >= sizeof plain)
        return string_set_add(&merge->answers->strings, name, ret_name);
    memcpy(plain, name, size);
    plain[size] = '\0';
    return string_set_add(&merge->answers->strings, plain, ret_name);
}

/* A function's full name is in the symbol table where DWARF has it short. */
static bool wants_symbol(const struct merge *merge, uint32_t name,
                         uint32_t symbol)
{
    const char *known = string_set_get(&merge->symbols->strings,
                                       merge->symbols->at[symbol].name);

    return name == POOL_NONE ||
           (is_mangled(known) &&
            !is_mangled(string_set_get(&merge->answers->strings, name)));
}

/* *record with its outermost frame named by symbol. */
static int rename_outermost(struct merge *merge, uint32_t symbol,
                            uint32_t *record, int depth)
{
    struct tuple tuple = merge->answers->records.at[*record].tuple;
    int r = 0;

    if (tuple.word[PARENT] != POOL_NONE && depth < 64) {
        uint32_t before = tuple.word[PARENT];
        r = rename_outermost(merge, symbol, &tuple.word[PARENT], depth + 1);
        if (r < 0 || tuple.word[PARENT] == before)
            return r;
    } else {
        if (!wants_symbol(merge, tuple.word[NAME], symbol))
            return 0;
        r = symbol_name(merge, symbol, tuple.word[NAME] == POOL_NONE,
                        &tuple.word[NAME]);
    }
    return r < 0 ? r : tuple_set_add(&merge->answers->records, tuple, record);
}

static int emit(struct merge *merge, uint64_t begin, uint64_t end,
                uint32_t record, uint32_t symbol)
{
    int r = 0;

    if (symbol != POOL_NONE && record == POOL_NONE) {
        struct tuple tuple = {{POOL_NONE, POOL_NONE, 0, POOL_NONE}};
        r = symbol_name(merge, symbol, true, &tuple.word[NAME]);
        if (r == 0)
            r = tuple_set_add(&merge->answers->records, tuple, &record);
    } else if (symbol != POOL_NONE) {
        r = rename_outermost(merge, symbol, &record, 0);
    }
    return r < 0 || record == POOL_NONE
               ? r
               : add_segment(&merge->answers->segments, begin, end, record);
}

/* [begin, end) of one record, cut at the symbols in it. */
static int cut_by_symbols(struct merge *merge, uint64_t begin, uint64_t end,
                          uint32_t record)
{
    int r = 0;

    while (begin < end && r == 0) {
        while (merge->next < merge->named.count &&
               merge->named.at[merge->next].end <= begin)
            merge->next++;
        const struct segment *symbol = merge->next < merge->named.count
                                           ? &merge->named.at[merge->next]
                                           : NULL;
        uint64_t stop = end;
        uint32_t index = POOL_NONE;
        if (symbol && symbol->begin <= begin) {
            index = symbol->record;
            stop = symbol->end < end ? symbol->end : end;
        } else if (symbol && symbol->begin < end) {
            stop = symbol->begin;
        }
        r = emit(merge, begin, stop, record, index);
        begin = stop;
    }
    return r;
}

/* Ends the stretch that grew so far: it and the gap before it are named. */
static int name_stretch(struct merge *merge)
{
    struct segment stretch = merge->stretch;

    int r = cut_by_symbols(merge, merge->done, stretch.begin, POOL_NONE);
    if (r == 0)
        r = cut_by_symbols(merge, stretch.begin, stretch.end, stretch.record);
    merge->done = stretch.end;
    return r;
}

static int stretch_shows(void *context, uint64_t begin, uint64_t end,
                         uint32_t record)
{
    struct merge *merge = context;
    struct segment *stretch = &merge->stretch;
    int r = 0;

    if (stretch->end == begin && stretch->record == record) {
        stretch->end = end;
        return 0;
    }
    if (stretch->end > 0)
        r = name_stretch(merge);
    *stretch = (struct segment){begin, end, record, 0};
    return r;
}

static int name_all(struct merge *merge, struct layers *layers)
{
    int r = flatten_symbols(merge);

    if (r == 0)
        r = overlay_flatten(layers, stretch_shows, merge);
    if (r == 0)
        r = name_stretch(merge);
    return r < 0 ? r
                 : cut_by_symbols(merge, merge->done, UINT64_MAX, POOL_NONE);
}

int answers_make(struct answers *answers, struct pool *pools, size_t count,
                 struct symbol_table *symbols)
{
    struct merge merge = {
        .answers = answers,
        .symbols = symbols,
        .stretch = {.record = POOL_NONE},
    };
    struct layers layers = {0};
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++) {
        r = i == 0 ? adopt_pool(answers, &pools[i], &layers)
                   : merge_pool(answers, &pools[i], &layers);
    }
    if (r == 0)
        r = name_all(&merge, &layers);
    free(layers.at);
    free(merge.named.at);
    return r;
}

void answers_clear(struct answers *answers)
{
    string_set_clear(&answers->strings);
    tuple_set_clear(&answers->records);
    free(answers->segments.at);
    answers->segments = (struct segments){0};
}
