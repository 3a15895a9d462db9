/*
 * The state machine without what no answer needs: columns, statements, views;
 * and without operations within an instruction, which are IA-64's. Context:
 * tool.
 */
#include "symbolicate/worker/line_program.h"

#include <dwarf.h>
#include <string.h>

#include "symbolicate/worker/elf_file.h"

#define LONG_FORMAT UINT32_MAX /* a length of 64 bits follows */
#define VALUE_BITS  64

struct reader {
    const uint8_t *at, *end; /* at end: nothing is left, or too little was */
    bool is_big_endian;
};

struct program {
    struct reader reader;
    const uint8_t *operand_counts; /* of the opcodes from 1 on */
    uint8_t instruction_bytes, line_range, opcode_base;
    int8_t line_base;
    struct line_row row;
    line_shows *shows;
    void *context;
};

struct line_section line_section_of(Elf *elf)
{
    struct line_section section = {0};
    GElf_Shdr header;
    const char *order = elf_getident(elf, NULL);
    Elf_Scn *found = elf_file_section(elf, ".debug_line", &header);

    if (!found)
        found = elf_file_section(elf, ".zdebug_line", &header);
    const Elf_Data *data = found ? elf_rawdata(found, NULL) : NULL;
    if (!order || !data || !data->d_buf)
        return section;
    section.bytes = data->d_buf;
    section.size = data->d_size;
    section.is_big_endian = order[EI_DATA] == ELFDATA2MSB;
    return section;
}

static size_t left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static void skip(struct reader *reader, uint64_t count)
{
    reader->at = count > left(reader) ? reader->end : reader->at + count;
}

/* 0 where less than width bytes, at most 8, are left. */
static uint64_t get(struct reader *reader, size_t width)
{
    const uint8_t *at = reader->at;
    uint64_t value = 0;

    if (width > left(reader)) {
        reader->at = reader->end;
        return 0;
    }
    for (size_t i = 0; i < width; i++) {
        size_t byte = reader->is_big_endian ? width - 1 - i : i;
        value |= (uint64_t)at[byte] << (i * 8);
    }
    reader->at += width;
    return value;
}

/* LEB128 (DWARF 5, 7.6); is_signed extends the sign. */
static uint64_t get_number(struct reader *reader, bool is_signed)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte = 0;

    do {
        byte = (uint8_t)get(reader, 1);
        if (shift < VALUE_BITS)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (is_signed && (byte & 0x40) && shift < VALUE_BITS)
        value |= UINT64_MAX << shift;
    return value;
}

static void begin_sequence(struct program *program)
{
    program->row = (struct line_row){.file = 1, .number = 1};
}

static int show(struct program *program)
{
    struct line_row row = program->row;

    if (row.number > INT32_MAX)
        row.number = 0;
    return program->shows(program->context, &row);
}

static void advance(struct program *program, uint64_t instructions)
{
    program->row.address += instructions * program->instruction_bytes;
}

static int run_special(struct program *program, uint8_t opcode)
{
    unsigned adjusted = (unsigned)opcode - program->opcode_base;
    int lines = (int)(adjusted % program->line_range) + program->line_base;

    advance(program, adjusted / program->line_range);
    program->row.number += (unsigned)lines;
    return show(program);
}

static int run_extended(struct program *program)
{
    struct reader *reader = &program->reader;
    uint64_t size = get_number(reader, false);
    int r = 0;

    if (size == 0 || size > left(reader)) {
        skip(reader, UINT64_MAX);
        return 0;
    }
    const uint8_t *next = reader->at + size;
    uint64_t opcode = get(reader, 1);
    if (opcode == DW_LNE_end_sequence) {
        program->row.ends = true;
        r = show(program);
        begin_sequence(program);
    } else if (opcode == DW_LNE_set_address && size - 1 <= sizeof(uint64_t)) {
        program->row.address = get(reader, size - 1);
    }
    reader->at = next;
    return r;
}

static int run_standard(struct program *program, uint8_t opcode)
{
    struct reader *reader = &program->reader;

    switch (opcode) {
    case DW_LNS_copy:
        return show(program);
    case DW_LNS_advance_pc:
        advance(program, get_number(reader, false));
        return 0;
    case DW_LNS_advance_line:
        program->row.number += (uint32_t)get_number(reader, true);
        return 0;
    case DW_LNS_set_file:
        program->row.file = (uint32_t)get_number(reader, false);
        return 0;
    case DW_LNS_const_add_pc:
        advance(program, ((unsigned)UINT8_MAX - program->opcode_base) /
                             program->line_range);
        return 0;
    case DW_LNS_fixed_advance_pc:
        program->row.address += get(reader, sizeof(uint16_t));
        return 0;
    default:
        for (int i = 0; i < program->operand_counts[opcode - 1]; i++)
            (void)get_number(reader, false); /* not needed */
        return 0;
    }
}

static int run(struct program *program)
{
    int r = 0;

    begin_sequence(program);
    while (r == 0 && left(&program->reader) > 0) {
        uint8_t opcode = (uint8_t)get(&program->reader, 1);
        if (opcode >= program->opcode_base) {
            r = run_special(program, opcode);
        } else if (opcode == 0) {
            r = run_extended(program);
        } else {
            r = run_standard(program, opcode);
        }
    }
    return r;
}

/* Reads a length and its format; what it is the length of must be there. */
static uint64_t get_length(struct reader *reader, size_t *ret_width)
{
    uint64_t length = get(reader, sizeof(uint32_t));

    *ret_width = sizeof(uint32_t);
    if (length == LONG_FORMAT) {
        *ret_width = sizeof(uint64_t);
        length = get(reader, sizeof(uint64_t));
    }
    return length;
}

/* The header (6.2.4); reader is then at the first opcode. */
static bool read_header(struct program *program)
{
    struct reader *reader = &program->reader;
    size_t width = 0;
    uint64_t length = get_length(reader, &width);

    if (length > left(reader))
        return false;
    reader->end = reader->at + length;
    uint64_t version = get(reader, sizeof(uint16_t));
    if (version >= 5)
        skip(reader, 2); /* sizes of addresses and segments */
    uint64_t header_bytes = get(reader, width);
    if (version < 2 || version > 5 || header_bytes > left(reader))
        return false;
    const uint8_t *first = reader->at + header_bytes;
    program->instruction_bytes = (uint8_t)get(reader, 1);
    if (version >= 4 && get(reader, 1) != 1)
        return false; /* operations of an instruction */
    skip(reader, 1);  /* whether rows are statements */
    program->line_base = (int8_t)get(reader, 1);
    program->line_range = (uint8_t)get(reader, 1);
    program->opcode_base = (uint8_t)get(reader, 1);
    program->operand_counts = reader->at;
    if (program->line_range == 0 || program->opcode_base == 0 ||
        program->opcode_base - 1u > left(reader))
        return false;
    reader->at = first;
    return true;
}

int line_program_run(const struct line_section *section, uint64_t place,
                     line_shows *shows, void *context)
{
    struct program program = {.shows = shows, .context = context};

    if (place >= section->size)
        return 0;
    program.reader =
        (struct reader){section->bytes + place, section->bytes + section->size,
                        section->is_big_endian};
    return read_header(&program) ? run(&program) : 0;
}
