/*
 * libdw takes a skeleton of DWARF 4 that has children for a split unit, whose
 * files it takes from the begin of .debug_line, whatever unit's they are there.
 * The table's own place says which they are. Context: tool.
 */
#include "symbolicate/worker/unit_files.h"

#include <dwarf.h>
#include <stdbool.h>

static bool is_mistaken(Dwarf_Die *unit_die)
{
    uint8_t type = 0;

    return dwarf_hasattr(unit_die, DW_AT_stmt_list) &&
           dwarf_cu_info(unit_die->cu, NULL, &type, NULL, NULL, NULL, NULL,
                         NULL) == 0 &&
           type == DW_UT_split_compile;
}

static struct unit_files files_at_place(Dwarf_Die *unit_die)
{
    struct unit_files files = {0};
    Dwarf_Attribute attribute;
    Dwarf_Word place = 0;
    Dwarf_Off next = 0;
    Dwarf_CU *unit = unit_die->cu;
    Dwarf_Lines *rows = NULL;
    size_t row_count = 0;

    if (!dwarf_attr(unit_die, DW_AT_stmt_list, &attribute) ||
        dwarf_formudata(&attribute, &place) != 0 ||
        dwarf_next_lines(dwarf_cu_getdwarf(unit), place, &next, &unit,
                         &files.files, &files.count, &rows, &row_count) != 0)
        return (struct unit_files){0};
    return files;
}

struct unit_files unit_files_of(Dwarf_Die *unit_die)
{
    struct unit_files files = {0};

    if (is_mistaken(unit_die))
        return files_at_place(unit_die);
    if (dwarf_getsrcfiles(unit_die, &files.files, &files.count) != 0)
        return (struct unit_files){0};
    return files;
}

const char *unit_files_path(const struct unit_files *files, uint64_t number)
{
    return files->files && number < files->count
               ? dwarf_filesrc(files->files, number, NULL, NULL)
               : NULL;
}
