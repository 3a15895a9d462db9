/*
 * A row reaches to the next one of its sequence; of several at one address the
 * last counts (DWARF 5, 6.2.5.1). gcc leaves rows of no length at the ends of
 * sequences: they reach nowhere. Context: tool.
 */
#include "symbolicate/worker/unit_lines.h"

#include <dwarf.h>
#include <stdbool.h>
#include <string.h>

#include "symbolicate/worker/array.h"
#include "symbolicate/worker/unit_files.h"

/* lines[first, behind) of one sequence: by rising address. */
struct sequence {
    size_t first, behind;
    uint64_t begin;
};

struct sequences {
    struct sequence *at;
    size_t count, capacity;
};

struct gather {
    struct lines lines; /* of each sequence by rising address */
    struct sequences sequences;
    struct pool *pool;
    const struct selection *selection;
    struct unit_files files;
    struct line_row row; /* the one before */
    bool is_open;        /* row is of a sequence that goes on */
    bool is_live;        /* and whose code was not left out by the linker */
};

static int add_line(struct gather *gather, struct line line)
{
    struct lines *lines = &gather->lines;
    struct sequences *sequences = &gather->sequences;
    struct sequence *sequence = &sequences->at[sequences->count - 1];

    if (lines->count > sequence->first) {
        struct line *last = &lines->at[lines->count - 1];
        if (last->end == line.begin && last->file == line.file &&
            last->number == line.number) {
            last->end = line.end;
            return 0;
        }
    } else {
        sequence->begin = line.begin;
    }
    int r = ARRAY_ROOM(lines, LINES_MAX);
    if (r == 0) {
        lines->at[lines->count++] = line;
        sequence->behind = lines->count;
    }
    return r;
}

/* The row before reaches to end. */
static int end_row(struct gather *gather, uint64_t end)
{
    const struct line_row *row = &gather->row;
    struct line line = {
        .begin = row->address, .end = end, .number = row->number};

    if (!selection_has(gather->selection, line.begin, end))
        return 0;
    int r = pool_string(gather->pool,
                        unit_files_path(&gather->files, row->file), &line.file);
    return r < 0 ? r : add_line(gather, line);
}

/* What the linker left out lies at 0, whatever code is where it would end. */
static int open_sequence(struct gather *gather, uint64_t begin)
{
    struct sequences *sequences = &gather->sequences;
    size_t line = gather->lines.count;

    gather->is_open = true;
    gather->is_live = elf_code_has(&gather->selection->code, begin, begin);
    if (sequences->count > 0 &&
        sequences->at[sequences->count - 1].first == line)
        sequences->count--; /* it has no line */
    int r = ARRAY_ROOM(sequences, LINES_MAX);
    if (r == 0)
        sequences->at[sequences->count++] = (struct sequence){line, line, 0};
    return r;
}

static int gather_row(void *context, const struct line_row *row)
{
    struct gather *gather = context;
    int r = 0;

    if (!gather->is_open) {
        r = open_sequence(gather, row->address);
    } else if (gather->is_live && row->address > gather->row.address) {
        r = end_row(gather, row->address);
    } else if (row->address < gather->row.address) {
        gather->is_live = false; /* malformed */
    }
    gather->row = *row;
    if (row->ends)
        gather->is_open = false;
    return r;
}

static int by_begin(const void *left, const void *right)
{
    const struct sequence *a = left;
    const struct sequence *b = right;

    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

/* Adds what of sequence lies behind the lines that are there. */
static void append(struct lines *lines, const struct lines *from,
                   const struct sequence *sequence)
{
    for (size_t i = sequence->first; i < sequence->behind; i++) {
        struct line line = from->at[i];
        uint64_t end = lines->count > 0 ? lines->at[lines->count - 1].end : 0;
        if (line.begin < end)
            line.begin = end;
        if (line.begin < line.end)
            lines->at[lines->count++] = line;
    }
}

/* The sequences one after the other. */
static int sort(struct gather *gather, struct lines *ret_lines)
{
    const struct sequences *sequences = &gather->sequences;
    size_t count = gather->lines.count;
    struct lines lines = {
        .at = calloc(count + 1, sizeof *lines.at),
        .capacity = count + 1,
    };

    if (!lines.at)
        return -ENOMEM;
    if (sequences->count > 0) {
        qsort(sequences->at, sequences->count, sizeof *sequences->at, by_begin);
    }
    for (size_t i = 0; i < sequences->count; i++)
        append(&lines, &gather->lines, &sequences->at[i]);
    *ret_lines = lines;
    return 0;
}

int lines_read(struct lines *lines, struct pool *pool, Dwarf_Die *unit_die,
               const struct line_section *section,
               const struct selection *selection)
{
    struct gather gather = {.pool = pool, .selection = selection};
    Dwarf_Attribute attribute;
    Dwarf_Word place = 0;

    if (!dwarf_attr(unit_die, DW_AT_stmt_list, &attribute) ||
        dwarf_formudata(&attribute, &place) != 0)
        return 0;
    gather.files = unit_files_of(unit_die);
    int r = line_program_run(section, place, gather_row, &gather);
    if (r == 0)
        r = sort(&gather, lines);
    free(gather.lines.at);
    free(gather.sequences.at);
    return r;
}

void lines_clear(struct lines *lines)
{
    free(lines->at);
    *lines = (struct lines){0};
}
