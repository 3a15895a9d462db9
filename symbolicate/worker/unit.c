/* Scopes and lines, cut where either changes. Context: tool. */
#include "symbolicate/worker/unit.h"

#include <dwarf.h>

#include "symbolicate/worker/array.h"
#include "symbolicate/worker/unit_extents.h"
#include "symbolicate/worker/unit_lines.h"
#include "symbolicate/worker/unit_scopes.h"

#define CHAIN_MAX 64

struct cut {
    struct pool *pool;
    struct scopes *scopes;
    const struct lines *lines;
    const struct extents *extents;
    size_t next_line;
    uint64_t covered; /* lines below are done */
    uint32_t unit;
};

Dwarf_Die unit_tree(Dwarf_Die *unit_die)
{
    Dwarf_Die split;

    if (dwarf_cu_info(unit_die->cu, NULL, NULL, NULL, &split, NULL, NULL,
                      NULL) == 0 &&
        dwarf_tag(&split) == DW_TAG_compile_unit)
        return split;
    return *unit_die;
}

/* The record of what scope was inlined into, made on first need. */
static int chain_of(struct cut *cut, uint32_t index, int depth,
                    uint32_t *ret_record)
{
    struct scope *scope = &cut->scopes->at[index];

    if (scope->chain == CHAIN_NOT_MADE) {
        uint32_t chain = POOL_NONE;
        if (scope->parent != POOL_NONE && depth < CHAIN_MAX) {
            uint32_t outside = POOL_NONE;
            int r = chain_of(cut, scope->parent, depth + 1, &outside);
            struct tuple record = {{cut->scopes->at[scope->parent].name,
                                    scope->call_file, scope->call_line,
                                    outside}};
            if (r == 0)
                r = pool_record(cut->pool, record, &chain);
            if (r < 0)
                return r;
        }
        scope->chain = chain;
    }
    *ret_record = scope->chain;
    return 0;
}

/* One segment of scope (POOL_NONE: none) and line (NULL: none). */
static int add(struct cut *cut, struct segment segment, uint32_t scope,
               const struct line *line)
{
    struct tuple record = {{POOL_NONE, POOL_NONE, 0, POOL_NONE}};
    int r = 0;

    if (scope != POOL_NONE) {
        record.word[0] = cut->scopes->at[scope].name;
        r = chain_of(cut, scope, 0, &record.word[3]);
    }
    if (line) {
        record.word[1] = line->file;
        record.word[2] = line->number;
    }
    if (r == 0)
        r = pool_record(cut->pool, record, &segment.record);
    segment.unit = cut->unit;
    if (scope == POOL_NONE && extents_lack(cut->extents, segment.begin))
        segment.unit |= SEGMENT_STRAY;
    return r < 0 ? r : pool_segment(cut->pool, segment);
}

/* The line at begin, or NULL; *end is moved to where that changes. */
static const struct line *line_at(struct cut *cut, uint64_t begin,
                                  uint64_t *end)
{
    const struct lines *lines = cut->lines;

    while (cut->next_line < lines->count &&
           lines->at[cut->next_line].end <= begin)
        cut->next_line++;
    if (cut->next_line == lines->count)
        return NULL;
    const struct line *line = &lines->at[cut->next_line];
    uint64_t change = line->begin > begin ? line->begin : line->end;
    if (change < *end)
        *end = change;
    return line->begin > begin ? NULL : line;
}

/* Lines within [begin, end), and the gaps between them where scope covers. */
static int add_stretch(struct cut *cut, uint64_t begin, uint64_t end,
                       uint32_t scope)
{
    int r = 0;

    while (begin < end && r == 0) {
        uint64_t stop = end;
        const struct line *line = line_at(cut, begin, &stop);
        if (line || scope != POOL_NONE) {
            r = add(cut, (struct segment){.begin = begin, .end = stop}, scope,
                    line);
        }
        begin = stop;
    }
    cut->covered = end;
    return r;
}

static int scope_shows(void *context, uint64_t begin, uint64_t end,
                       uint32_t scope)
{
    struct cut *cut = context;
    int r = 0;

    if (begin > cut->covered)
        r = add_stretch(cut, cut->covered, begin, POOL_NONE);
    return r < 0 ? r : add_stretch(cut, begin, end, scope);
}

int unit_add(struct pool *pool, Dwarf_Die *unit_die, uint32_t unit,
             const struct line_section *section,
             const struct selection *selection)
{
    CLEANUP(scopes_clear) struct scopes scopes = {0};
    CLEANUP(lines_clear) struct lines lines = {0};
    CLEANUP(extents_clear) struct extents extents = {0};
    struct cut cut = {pool, &scopes, &lines, &extents, 0, 0, unit};
    Dwarf_Die tree = unit_tree(unit_die);

    int r = extents_read(&extents, unit_die, &selection->code);
    if (r == 0)
        r = scopes_read(&scopes, pool, &tree, &extents, selection);
    if (r == 0)
        r = lines_read(&lines, pool, unit_die, section, selection);
    if (r == 0)
        r = overlay_flatten(&scopes.layers, scope_shows, &cut);
    if (r == 0)
        r = add_stretch(&cut, cut.covered, UINT64_MAX, POOL_NONE);
    return r;
}
