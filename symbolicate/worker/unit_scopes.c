/* Walks the tree of a unit once. Context: tool. */
#include "symbolicate/worker/unit_scopes.h"

#include <dwarf.h>
#include <stdbool.h>

#include "symbolicate/worker/array.h"
#include "symbolicate/worker/unit.h"
#include "symbolicate/worker/unit_files.h"

#define ORIGINS_MAX 16              /* from an inlined call to what names it */
#define RANGES_MAX  UNIT_SCOPES_MAX /* of all entries: lists may be shared */

struct walk {
    struct scopes *scopes;
    struct pool *pool;
    const struct extents *extents;
    const struct selection *selection;
    bool all;         /* functions without the address, too */
    const void *last; /* the entry walked last: all others lie behind it */
    struct unit_files files;
    uint32_t range_count; /* read so far */
};

/* Of an entry's list. */
struct range {
    ptrdiff_t next;
    Dwarf_Addr base, begin, end;
};

static const char *string_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;

    return dwarf_attr(die, name, &attribute) ? dwarf_formstring(&attribute)
                                             : NULL;
}

/* The declaration or abstract function behind die. */
static bool step_to_origin(Dwarf_Die *die)
{
    static const unsigned links[] = {DW_AT_abstract_origin,
                                     DW_AT_specification};

    for (size_t i = 0; i < ARRAY_LENGTH(links); i++) {
        Dwarf_Attribute attribute;
        Dwarf_Die origin;
        if (dwarf_attr(die, links[i], &attribute) &&
            dwarf_formref_die(&attribute, &origin)) {
            *die = origin;
            return true;
        }
    }
    return false;
}

/* The linkage name if there is one on the way, else the plain name. */
static const char *name_of(Dwarf_Die die)
{
    const char *plain = NULL;

    for (int i = 0; i < ORIGINS_MAX; i++) {
        const char *linkage = string_of(&die, DW_AT_linkage_name);
        if (!linkage)
            linkage = string_of(&die, DW_AT_MIPS_linkage_name);
        if (linkage)
            return linkage;
        if (!plain)
            plain = string_of(&die, DW_AT_name);
        if (!step_to_origin(&die))
            break;
    }
    return plain;
}

/* Many calls of one inlined function: its name is looked up once. */
static int pool_name(struct pool *pool, Dwarf_Die *die, uint32_t *ret_name)
{
    Dwarf_Die origin = *die;

    (void)step_to_origin(&origin); /* else itself */
    uint32_t known = hash_map_get(&pool->by_pointer, (uintptr_t)origin.addr);
    if (known != HASH_MAP_NONE) {
        *ret_name = known;
        return 0;
    }
    int r = pool_string(pool, name_of(*die), ret_name);
    if (r == 0 && *ret_name != POOL_NONE)
        r = hash_map_add(&pool->by_pointer, (uintptr_t)origin.addr, *ret_name);
    return r;
}

static uint32_t number_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;

    if (!dwarf_attr(die, name, &attribute) ||
        dwarf_formudata(&attribute, &value) != 0 || value > INT32_MAX)
        return 0;
    return (uint32_t)value;
}

static int set_call_site(struct walk *walk, Dwarf_Die *die, struct scope *scope)
{
    uint32_t number = number_of(die, DW_AT_call_file);
    const char *path = NULL;

    scope->call_line = number_of(die, DW_AT_call_line);
    if (dwarf_hasattr(die, DW_AT_call_file))
        path = unit_files_path(&walk->files, number);
    return pool_string(walk->pool, path, &scope->call_file);
}

static bool next_range(struct walk *walk, Dwarf_Die *die, struct range *range)
{
    if (walk->range_count == RANGES_MAX)
        return false;
    walk->range_count++;
    range->next = dwarf_ranges(die, range->next, &range->base, &range->begin,
                               &range->end);
    return range->next > 0;
}

/* Ranks: deeper shows over shallower, of equals the first. */
static int add_ranges(struct walk *walk, Dwarf_Die *die, unsigned depth)
{
    struct layers *layers = &walk->scopes->layers;
    uint32_t scope = (uint32_t)walk->scopes->count - 1;
    struct range range = {0};

    while (next_range(walk, die, &range)) {
        if (!selection_has(walk->selection, range.begin, range.end) ||
            extents_are_gone(walk->extents, range.begin))
            continue;
        int r = ARRAY_ROOM(layers, UNIT_SCOPES_MAX);
        if (r < 0)
            return r;
        uint64_t rank = (uint64_t)depth << 32 | (UINT32_MAX - layers->count);
        layers->at[layers->count++] =
            (struct layer){range.begin, range.end, rank, scope};
    }
    return 0;
}

static bool has_code(Dwarf_Die *die)
{
    return dwarf_hasattr(die, DW_AT_low_pc) || dwarf_hasattr(die, DW_AT_ranges);
}

static int add_scope(struct walk *walk, Dwarf_Die *die, uint32_t parent,
                     unsigned depth)
{
    struct scopes *scopes = walk->scopes;
    struct scope scope = {
        .parent = parent, .call_file = POOL_NONE, .chain = CHAIN_NOT_MADE};

    int r = pool_name(walk->pool, die, &scope.name);
    if (r == 0 && parent != POOL_NONE)
        r = set_call_site(walk, die, &scope);
    if (r == 0)
        r = ARRAY_ROOM(scopes, UNIT_SCOPES_MAX);
    if (r < 0)
        return r;
    scopes->at[scopes->count++] = scope;
    return add_ranges(walk, die, depth);
}

static bool may_hold_code(int tag)
{
    switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type: /* Rust: methods of enums */
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_subprogram:
    case DW_TAG_inlined_subroutine:
        return true;
    default:
        return false;
    }
}

/* Whether die, which has code, holds the address. */
static bool is_asked(struct walk *walk, Dwarf_Die *die)
{
    struct range range = {0};

    while (next_range(walk, die, &range)) {
        if (selection_asks(walk->selection, range.begin, range.end))
            return true;
    }
    return false;
}

/* Whether no range of die, which has code, is code: the linker left it out. */
static bool is_gone(struct walk *walk, Dwarf_Die *die)
{
    struct range range = {0};

    while (next_range(walk, die, &range)) {
        if (elf_code_has(&walk->selection->code, range.begin, range.end) &&
            !extents_are_gone(walk->extents, range.begin))
            return false;
    }
    return true;
}

static int walk_children(struct walk *walk, Dwarf_Die *die, uint32_t parent,
                         unsigned depth);

static int visit(struct walk *walk, Dwarf_Die *die, uint32_t parent,
                 unsigned depth)
{
    int tag = dwarf_tag(die);
    int r = 0;

    if (!may_hold_code(tag))
        return 0;
    if ((tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine) &&
        has_code(die)) {
        if (tag == DW_TAG_subprogram && !walk->all && !is_asked(walk, die))
            return 0;
        /* A function within a function was not called there. */
        bool is_call = tag == DW_TAG_inlined_subroutine;
        if (is_call ? parent == POOL_NONE : is_gone(walk, die))
            return walk_children(walk, die, POOL_NONE, depth + 1);
        r = add_scope(walk, die, is_call ? parent : POOL_NONE, depth);
        parent = (uint32_t)walk->scopes->count - 1;
    }
    return r < 0 ? r : walk_children(walk, die, parent, depth + 1);
}

static int walk_children(struct walk *walk, Dwarf_Die *die, uint32_t parent,
                         unsigned depth)
{
    Dwarf_Die child;
    int r = 0;

    if (depth > UNIT_DEPTH_MAX || dwarf_child(die, &child) != 0)
        return 0;
    do {
        if (child.addr <= walk->last)
            return 0; /* DW_AT_sibling into a subtree: twice at each depth */
        walk->last = child.addr;
        r = visit(walk, &child, parent, depth);
    } while (r == 0 && dwarf_siblingof(&child, &child) == 0);
    return r;
}

int scopes_read(struct scopes *scopes, struct pool *pool, Dwarf_Die *tree,
                const struct extents *extents,
                const struct selection *selection)
{
    struct walk walk = {.scopes = scopes,
                        .pool = pool,
                        .extents = extents,
                        .selection = selection,
                        .all = !selection->address,
                        .files = unit_files_of(tree)};

    int r = walk_children(&walk, tree, POOL_NONE, 0);
    if (r < 0 || walk.all || scopes->layers.count > 0)
        return r;
    walk.all = true; /* it may be in a function within one that was skipped */
    walk.last = NULL;
    scopes->count = 0;
    return walk_children(&walk, tree, POOL_NONE, 0);
}

void scopes_clear(struct scopes *scopes)
{
    free(scopes->at);
    free(scopes->layers.at);
    *scopes = (struct scopes){0};
}
