/*
 * libdw hands out rows by address, the ends of sequences among them. A row
 * reaches to the next one; of several at one address the last counts (DWARF 5,
 * 6.2.5.1). Context: tool.
 */
#include "symbolicate/worker/unit_lines.h"

#include <dwarf.h>
#include <stdbool.h>

#include "symbolicate/worker/array.h"

static int add_row(struct lines *lines, struct pool *pool, Dwarf_Line *row,
                   uint64_t begin, uint64_t end)
{
    struct line line = {.begin = begin, .end = end};
    int number = 0;

    int r = pool_string(pool, dwarf_linesrc(row, NULL, NULL), &line.file);
    if (r < 0)
        return r;
    (void)dwarf_lineno(row, &number); /* stays 0 */
    line.number = number > 0 ? (uint32_t)number : 0;
    if (lines->count > 0) {
        struct line *last = &lines->at[lines->count - 1];
        if (last->end == begin && last->file == line.file &&
            last->number == line.number) {
            last->end = end;
            return 0;
        }
    }
    r = ARRAY_ROOM(lines, LINES_MAX);
    if (r == 0)
        lines->at[lines->count++] = line;
    return r;
}

/*
 * Where libdw takes a skeleton for a split unit it looks for its lines
 * elsewhere; the table's place says which they are.
 */
static bool rows_of(Dwarf_Die *unit_die, Dwarf_Lines **rows, size_t *count)
{
    Dwarf_Attribute attribute;
    Dwarf_Word place = 0;
    Dwarf_Off next = 0;
    Dwarf_CU *unit = unit_die->cu;
    Dwarf_Files *files = NULL;
    size_t file_count = 0;

    if (dwarf_getsrclines(unit_die, rows, count) == 0)
        return true;
    return dwarf_attr(unit_die, DW_AT_stmt_list, &attribute) &&
           dwarf_formudata(&attribute, &place) == 0 &&
           dwarf_next_lines(dwarf_cu_getdwarf(unit), place, &next, &unit,
                            &files, &file_count, rows, count) == 0;
}

int lines_read(struct lines *lines, struct pool *pool, Dwarf_Die *unit_die,
               const struct selection *selection)
{
    Dwarf_Lines *rows = NULL;
    size_t count = 0;
    int r = 0;

    if (!rows_of(unit_die, &rows, &count))
        return 0;
    for (size_t i = 0; i + 1 < count && r == 0; i++) {
        Dwarf_Line *row = dwarf_onesrcline(rows, i);
        Dwarf_Line *next = dwarf_onesrcline(rows, i + 1);
        Dwarf_Addr begin = 0;
        Dwarf_Addr end = 0;
        bool ends = false;
        if (dwarf_lineendsequence(row, &ends) != 0 || ends ||
            dwarf_lineaddr(row, &begin) != 0 || dwarf_lineaddr(next, &end) != 0)
            continue;
        if (selection_has(selection, begin, end))
            r = add_row(lines, pool, row, begin, end);
    }
    return r;
}

void lines_clear(struct lines *lines)
{
    free(lines->at);
    *lines = (struct lines){0};
}
