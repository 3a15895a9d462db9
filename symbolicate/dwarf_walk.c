/* Units, functions, inlined calls. Context: tool. */
#include "symbolicate/dwarf_walk.h"

#include <dwarf.h>
#include <stdlib.h>

#define RANGES_MAX 4000000u
#define DEPTH_MAX  128

struct range {
    uint64_t begin, end;
    Dwarf_Off die; /* of the unit, or of the function */
};

struct ranges {
    struct range *at;
    size_t count, capacity;
};

/* Functions of one unit, taken on first use. */
struct unit {
    Dwarf_Off die;
    struct ranges functions;
};

struct dwarf_walk {
    Dwarf *dwarf;
    struct ranges units;
    struct unit *cached; /* by first use */
    size_t cached_count;
};

static bool add_range(struct ranges *ranges, struct range range)
{
    if (range.end <= range.begin)
        return true;
    if (ranges->count == ranges->capacity) {
        size_t wanted = ranges->capacity ? ranges->capacity * 2 : 64;
        if (wanted > RANGES_MAX)
            return false;
        struct range *grown = realloc(ranges->at, wanted * sizeof *ranges->at);
        if (!grown)
            return false;
        ranges->at = grown;
        ranges->capacity = wanted;
    }
    ranges->at[ranges->count++] = range;
    return true;
}

static bool add_die(struct ranges *ranges, Dwarf_Die *die)
{
    Dwarf_Addr base;
    Dwarf_Addr begin;
    Dwarf_Addr end;

    for (ptrdiff_t at = 0;
         (at = dwarf_ranges(die, at, &base, &begin, &end)) > 0;) {
        struct range range = {begin, end, dwarf_dieoffset(die)};
        if (!add_range(ranges, range))
            return false;
    }
    return true;
}

static int by_begin(const void *left, const void *right)
{
    const struct range *a = left;
    const struct range *b = right;

    return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static void sort_ranges(struct ranges *ranges)
{
    if (ranges->count > 0)
        qsort(ranges->at, ranges->count, sizeof *ranges->at, by_begin);
}

/*
 * Index of the last range that begins at or below address, plus one. Ranges
 * may overlap (units that share a COMDAT function): callers look back a few.
 */
static size_t upper(const struct ranges *ranges, uint64_t address)
{
    size_t low = 0;
    size_t high = ranges->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranges->at[middle].begin <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct dwarf_walk *dwarf_walk_open(Dwarf *dwarf)
{
    struct dwarf_walk *walk = calloc(1, sizeof *walk);
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    Dwarf_Die split;
    uint8_t type;

    if (!walk)
        return NULL;
    walk->dwarf = dwarf;
    while (dwarf_get_units(dwarf, unit, &unit, NULL, &type, &die, &split) ==
           0) {
        if (type != DW_UT_type && !add_die(&walk->units, &die))
            break;
    }
    sort_ranges(&walk->units);
    walk->cached = calloc(walk->units.count + 1, sizeof *walk->cached);
    if (!walk->cached || walk->units.count == 0)
        dwarf_walk_close(&walk);
    return walk;
}

void dwarf_walk_close(struct dwarf_walk **walk)
{
    if (!*walk)
        return;
    for (size_t i = 0; i < (*walk)->cached_count; i++)
        free((*walk)->cached[i].functions.at); /* NOLINT: counted */
    free((*walk)->cached);
    free((*walk)->units.at);
    free(*walk);
    *walk = NULL;
}

/* All subprograms below die, namespaces and classes included. */
static void add_functions(struct ranges *functions, Dwarf_Die *die, int depth)
{
    Dwarf_Die child;

    if (depth > DEPTH_MAX || dwarf_child(die, &child) != 0)
        return;
    do {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_subprogram && !add_die(functions, &child))
            return;
        if (tag == DW_TAG_namespace || tag == DW_TAG_structure_type ||
            tag == DW_TAG_class_type || tag == DW_TAG_subprogram ||
            tag == DW_TAG_lexical_block || tag == DW_TAG_module)
            add_functions(functions, &child, depth + 1);
    } while (dwarf_siblingof(&child, &child) == 0);
}

/* The unit's own tree: the split one where the unit is a skeleton. */
static Dwarf_Die tree_of(Dwarf_Die *unit_die)
{
    Dwarf_Die split;

    if (dwarf_cu_info(unit_die->cu, NULL, NULL, NULL, &split, NULL, NULL,
                      NULL) == 0 &&
        dwarf_tag(&split) == DW_TAG_compile_unit)
        return split;
    return *unit_die;
}

static struct unit *unit_at(struct dwarf_walk *walk, Dwarf_Die *unit_die)
{
    Dwarf_Off offset = dwarf_dieoffset(unit_die);

    for (size_t i = 0; i < walk->cached_count; i++) {
        if (walk->cached[i].die == offset)
            return &walk->cached[i];
    }
    struct unit *unit = &walk->cached[walk->cached_count++];
    unit->die = offset;
    Dwarf_Die tree = tree_of(unit_die);
    add_functions(&unit->functions, &tree, 0);
    sort_ranges(&unit->functions);
    return unit;
}

static const char *name_of(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    const char *name = NULL;

    if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
        dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
        name = dwarf_formstring(&attribute);
    if (!name && dwarf_attr_integrate(die, DW_AT_name, &attribute))
        name = dwarf_formstring(&attribute);
    return name;
}

static int unsigned_attribute(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;

    if (!dwarf_attr(die, name, &attribute) ||
        dwarf_formudata(&attribute, &value) != 0 || value > INT32_MAX)
        return 0;
    return (int)value;
}

/*
 * The chain below function, outermost first: fills dies[] with function and
 * every inlined call around address.
 */
static size_t inline_chain(Dwarf_Die *function, uint64_t address,
                           Dwarf_Die dies[SYMBOLS_FRAMES_MAX])
{
    size_t count = 0;
    Dwarf_Die parent = *function;
    Dwarf_Die child;

    dies[count++] = *function;
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        bool found = false;
        if (dwarf_child(&parent, &child) != 0)
            return count;
        do {
            int tag = dwarf_tag(&child);
            found = (tag == DW_TAG_inlined_subroutine ||
                     tag == DW_TAG_lexical_block) &&
                    dwarf_haspc(&child, address) > 0;
        } while (!found && dwarf_siblingof(&child, &child) == 0);
        if (!found)
            return count;
        if (dwarf_tag(&child) == DW_TAG_inlined_subroutine) {
            if (count == SYMBOLS_FRAMES_MAX)
                return count;
            dies[count++] = child;
        }
        parent = child;
    }
    return count;
}

static void set_line(Dwarf_Die *unit_die, uint64_t address,
                     struct symbols_frame *frame)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit_die, address);

    if (!line)
        return;
    frame->file = dwarf_linesrc(line, NULL, NULL);
    (void)dwarf_lineno(line, &frame->line); /* stays 0 */
}

/* A call site: file by its number in the unit's own file table. */
static void set_call_site(Dwarf_Die *unit_die, Dwarf_Die *inlined,
                          struct symbols_frame *frame)
{
    Dwarf_Files *files;
    size_t count;
    int number = unsigned_attribute(inlined, DW_AT_call_file);

    frame->line = unsigned_attribute(inlined, DW_AT_call_line);
    if (dwarf_getsrcfiles(unit_die, &files, &count) == 0 && number >= 0 &&
        (size_t)number < count)
        frame->file = dwarf_filesrc(files, (size_t)number, NULL, NULL);
}

static size_t make_frames(Dwarf_Die *unit_die, Dwarf_Die *function,
                          uint64_t address, struct symbols_frame *frames)
{
    Dwarf_Die dies[SYMBOLS_FRAMES_MAX];
    size_t count = inline_chain(function, address, dies);

    for (size_t i = 0; i < count; i++) {
        Dwarf_Die *die = &dies[count - 1 - i];
        frames[i] = (struct symbols_frame){
            .function = name_of(die),
            .inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine,
        };
        if (i == 0) {
            set_line(unit_die, address, &frames[0]);
        } else {
            set_call_site(unit_die, &dies[count - i], &frames[i]);
        }
    }
    return count;
}

/* The function range around address that begins last; NULL: none. */
static const struct range *function_at(const struct ranges *functions,
                                       uint64_t address)
{
    size_t end = upper(functions, address);

    for (size_t i = end; i > 0 && end - i < DEPTH_MAX; i--) {
        if (address < functions->at[i - 1].end)
            return &functions->at[i - 1];
    }
    return NULL;
}

static size_t resolve_in_unit(struct dwarf_walk *walk, Dwarf_Off unit_offset,
                              uint64_t address, struct symbols_frame *frames)
{
    Dwarf_Die unit_die;
    Dwarf_Die function;

    if (!dwarf_offdie(walk->dwarf, unit_offset, &unit_die))
        return 0;
    const struct unit *unit = unit_at(walk, &unit_die);
    const struct range *range = function_at(&unit->functions, address);
    Dwarf_Die tree = tree_of(&unit_die);
    Dwarf *owner = dwarf_cu_getdwarf(tree.cu);
    if (range && dwarf_offdie(owner, range->die, &function))
        return make_frames(&tree, &function, address, frames);
    frames[0] = (struct symbols_frame){0};
    set_line(&unit_die, address, &frames[0]);
    return frames[0].file ? 1 : 0;
}

size_t dwarf_walk_resolve(struct dwarf_walk *walk, uint64_t address,
                          struct symbols_frame *frames)
{
    size_t best = 0;

    for (size_t i = upper(&walk->units, address), looked = 0;
         i > 0 && looked < DEPTH_MAX && best == 0; i--, looked++) {
        const struct range *range = &walk->units.at[i - 1];
        if (address < range->end)
            best = resolve_in_unit(walk, range->die, address, frames);
    }
    return best;
}
