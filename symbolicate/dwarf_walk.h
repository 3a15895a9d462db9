/*
 * Frames of an address by walking DWARF with libdw: compile units by their
 * ranges (never by .debug_aranges, which may be missing or short), then the
 * tree of functions and inlined calls. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_DWARF_WALK_H
#define INQUEST_SYMBOLICATE_DWARF_WALK_H

#include <elfutils/libdw.h>

#include "symbolicate/symbols.h"

struct dwarf_walk;

/* Takes the ranges of all units. NULL: no units, or no memory. */
struct dwarf_walk *dwarf_walk_open(Dwarf *dwarf);
void dwarf_walk_close(struct dwarf_walk **walk);

/*
 * As symbols_resolve, but function names are linkage names where there is one
 * and belong to the Dwarf.
 */
size_t dwarf_walk_resolve(struct dwarf_walk *walk, uint64_t address,
                          struct symbols_frame *frames);

#endif
