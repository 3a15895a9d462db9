/* Context: tool. */
#include "symbolicate/worker/unit_extents.h"

#include "symbolicate/worker/array.h"

int extents_read(struct extents *extents, Dwarf_Die *unit_die,
                 const struct elf_code *code)
{
    Dwarf_Addr base = 0;
    struct extent extent = {0};
    ptrdiff_t at = 0;

    for (;;) {
        at = dwarf_ranges(unit_die, at, &base, &extent.begin, &extent.end);
        if (at <= 0)
            return 0;
        int r = ARRAY_ROOM(extents, EXTENTS_MAX);
        if (r == -ERR_LIMIT)
            extents->count = extents->gone_count = 0;
        if (r < 0)
            return r == -ERR_LIMIT ? 0 : r;
        extent.is_gone = !elf_code_has(code, extent.begin, extent.end);
        extents->gone_count += extent.is_gone;
        extents->at[extents->count++] = extent;
    }
}

void extents_clear(struct extents *extents)
{
    free(extents->at);
    *extents = (struct extents){0};
}

/* Whether address is in an extent that is gone, or in one that is not. */
static bool has(const struct extents *extents, uint64_t address, bool gone)
{
    for (size_t i = 0; i < extents->count; i++) {
        const struct extent *extent = &extents->at[i];
        if (extent->is_gone == gone && address >= extent->begin &&
            address < extent->end)
            return true;
    }
    return false;
}

bool extents_lack(const struct extents *extents, uint64_t address)
{
    return extents->count > 0 && !has(extents, address, false) &&
           !has(extents, address, true);
}

bool extents_are_gone(const struct extents *extents, uint64_t address)
{
    return extents->gone_count > 0 && has(extents, address, true) &&
           !has(extents, address, false);
}
