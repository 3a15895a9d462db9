/*
 * Each thread has a Dwarf of its own over one Elf, whose sections are all
 * loaded when a Dwarf is begun; beginnings are therefore one at a time. A Dwarf
 * keeps all it has read, so it is begun anew after every
 * BYTES_A_DWARF of units: that is the cap on memory. Context: tool.
 */
#include "symbolicate/worker/build.h"

#include <dwarf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "symbolicate/worker/array.h"
#include "symbolicate/worker/split_open.h"
#include "symbolicate/worker/unit.h"

#define BYTES_A_DWARF   (64ull << 20)
#define UNITS_A_TURN    16
#define SMALL_BYTES     (8u << 20) /* not worth a second thread */
#define UNIT_RANGES_MAX 100000

struct unit_place {
    Dwarf_Off die;
    uint64_t size_bytes;
};

struct units {
    struct unit_place *at;
    size_t count, capacity;
};

struct team {
    struct build *build;
    struct units units;
    struct line_section lines;
    pthread_mutex_t begin;
    atomic_size_t next;
    atomic_bool lacks_split;
};

struct member {
    struct team *team;
    struct pool *pool;
    Dwarf *dwarf;
    Dwarf *alt;
    uint64_t read_bytes;
    int result;
};

static void dwarf_close(struct member *member)
{
    (void)dwarf_end(member->dwarf); /* accepts NULL */
    (void)dwarf_end(member->alt);
    member->dwarf = member->alt = NULL;
    member->read_bytes = 0;
    pool_forget_pointers(member->pool);
}

static bool dwarf_open(struct member *member)
{
    struct build *build = member->team->build;

    pthread_mutex_lock(&member->team->begin);
    member->dwarf = dwarf_begin_elf(build->file->elf, DWARF_C_READ, NULL);
    if (member->dwarf && build->alt)
        member->alt = dwarf_begin_elf(build->alt->elf, DWARF_C_READ, NULL);
    if (member->alt)
        dwarf_setalt(member->dwarf, member->alt);
    pthread_mutex_unlock(&member->team->begin);
    return member->dwarf != NULL;
}

/* Whether unit covers the address; one without ranges may. */
static bool is_wanted(const struct build *build, Dwarf_Die *unit)
{
    Dwarf_Addr base = 0;
    Dwarf_Addr begin = 0;
    Dwarf_Addr end = 0;
    ptrdiff_t at = 0;

    if (!build->selection.address)
        return true;
    for (int i = 0; i < UNIT_RANGES_MAX; i++) {
        at = dwarf_ranges(unit, at, &base, &begin, &end);
        if (at <= 0)
            return i == 0 && dwarf_haschildren(unit) == 1;
        if (selection_asks(&build->selection, begin, end))
            return true;
    }
    return false;
}

/* libdw takes a skeleton of DWARF 4 that has children for a split unit. */
static bool is_compiled(uint8_t type)
{
    return type == DW_UT_compile || type == DW_UT_skeleton ||
           type == DW_UT_split_compile;
}

static int list_units(struct team *team, Dwarf *dwarf)
{
    struct units *units = &team->units;
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    uint8_t type;
    Dwarf_Off before = 0;
    int r = 0;

    while (r == 0 &&
           dwarf_get_units(dwarf, unit, &unit, NULL, &type, &die, NULL) == 0) {
        Dwarf_Off at = dwarf_dieoffset(&die);
        if (units->count > 0)
            units->at[units->count - 1].size_bytes = at - before;
        if (!is_compiled(type) || !is_wanted(team->build, &die))
            continue;
        r = ARRAY_ROOM(units, BUILD_UNITS_MAX);
        if (r == 0)
            units->at[units->count++] = (struct unit_place){at, 0};
        before = at;
    }
    return r;
}

/* The first look at a unit's tree is when libdw looks for its .dwo. */
static Dwarf_Die first_tree(const struct team *team, Dwarf_Die *die)
{
    uint64_t id = 0;

    if (dwarf_cu_info(die->cu, NULL, NULL, NULL, NULL, &id, NULL, NULL) != 0)
        return unit_tree(die);
    split_open_from(team->build->package, id);
    Dwarf_Die tree = unit_tree(die);
    split_open_end();
    return tree;
}

static void note_split(struct team *team, Dwarf_Die *die)
{
    Dwarf_Die tree = first_tree(team, die);

    if (tree.addr == die->addr && dwarf_haschildren(die) == 0 &&
        (dwarf_hasattr(die, DW_AT_dwo_name) ||
         dwarf_hasattr(die, DW_AT_GNU_dwo_name)))
        atomic_store(&team->lacks_split, true);
}

static int read_unit(struct member *member, size_t index)
{
    struct team *team = member->team;
    const struct unit_place *place = &team->units.at[index];
    Dwarf_Die die;

    if (member->read_bytes > BYTES_A_DWARF)
        dwarf_close(member);
    if ((!member->dwarf && !dwarf_open(member)) ||
        !dwarf_offdie(member->dwarf, place->die, &die))
        return 0;
    member->read_bytes += place->size_bytes;
    note_split(team, &die);
    return unit_add(member->pool, &die, (uint32_t)index, &team->lines,
                    &team->build->selection);
}

static void *read_units(void *argument)
{
    struct member *member = argument;
    struct team *team = member->team;

    while (member->result == 0) {
        size_t at = atomic_fetch_add(&team->next, UNITS_A_TURN);
        if (at >= team->units.count)
            break;
        for (size_t i = at; i < at + UNITS_A_TURN && i < team->units.count &&
                            member->result == 0;
             i++)
            member->result = read_unit(member, i);
    }
    dwarf_close(member);
    return NULL;
}

/* What two threads make must be merged, which costs as much as it saves. */
static bool is_small(const struct units *units)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < units->count; i++)
        bytes += units->at[i].size_bytes;
    return bytes < SMALL_BYTES;
}

static int run_team(struct team *team, struct member *members)
{
    pthread_t second;
    bool two = !is_small(&team->units) && sysconf(_SC_NPROCESSORS_ONLN) > 1 &&
               pthread_create(&second, NULL, read_units, &members[1]) == 0;

    read_units(&members[0]);
    if (two)
        pthread_join(second, NULL);
    return members[0].result < 0 ? members[0].result : members[1].result;
}

int build_units(struct build *build)
{
    struct team team = {.build = build, .begin = PTHREAD_MUTEX_INITIALIZER};
    struct member members[BUILD_THREADS_MAX] = {
        {.team = &team, .pool = &build->pools[0]},
        {.team = &team, .pool = &build->pools[1]},
    };

    if (!dwarf_open(&members[0]))
        return 0;
    team.lines = line_section_of(build->file->elf); /* unpacked by now */
    int r = list_units(&team, members[0].dwarf);
    if (r == 0) {
        r = run_team(&team, members);
    } else {
        dwarf_close(&members[0]);
    }
    build->unit_count = team.units.count;
    build->lacks_split = atomic_load(&team.lacks_split);
    free(team.units.at);
    return r;
}

void build_clear(struct build *build)
{
    for (int i = 0; i < BUILD_THREADS_MAX; i++)
        pool_clear(&build->pools[i]);
}
