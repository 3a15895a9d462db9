/*
 * The index is a hash table of ids, whose rows say for each section where the
 * unit's part begins and how long it is. Context: tool.
 */
#include "symbolicate/worker/dwp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/base/span.h"
#include "symbolicate/worker/dwo_write.h"
#include "symbolicate/worker/elf_file.h"

#define INDEX_HEADER_BYTES 16
#define SLOTS_MAX          (1u << 26)
#define COLUMNS_MAX        16
#define VERSION_GNU        2
#define VERSION_5          5

struct dwp {
    struct elf_file file;
    struct span index;
    struct span sections[DWO_PARTS];
    struct span strings;
    uint32_t version, columns, units, slots;
};

/* DW_SECT_*, for both versions; 0: no such section in it. */
static const uint32_t section_ids[DWO_PARTS] = {
    [DWO_INFO] = 1,        [DWO_ABBREV] = 3,   [DWO_LINE] = 4,
    [DWO_STR_OFFSETS] = 6, [DWO_RNGLISTS] = 8,
};

static struct span section_of(Elf *elf, const char *name)
{
    GElf_Shdr header;
    Elf_Scn *section = elf_file_section(elf, name, &header);
    const Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;

    if (!data || !data->d_buf)
        return (struct span){0};
    return (struct span){data->d_buf, data->d_size};
}

static int read_index(struct dwp *dwp)
{
    uint32_t header[4];

    if (span_read(dwp->index, 0, header, sizeof header) < 0)
        return -ERR_FORMAT;
    dwp->version = header[0];
    dwp->columns = header[1];
    dwp->units = header[2];
    dwp->slots = header[3];
    bool known = dwp->version == VERSION_GNU || dwp->version == VERSION_5;
    bool power = dwp->slots > 0 && (dwp->slots & (dwp->slots - 1)) == 0;
    return known && power && dwp->columns <= COLUMNS_MAX &&
                   dwp->slots <= SLOTS_MAX && dwp->units <= dwp->slots
               ? 0
               : -ERR_FORMAT;
}

int dwp_open(const char *path, struct dwp **ret_dwp)
{
    struct dwp *dwp = calloc(1, sizeof *dwp);

    if (!dwp)
        return -ENOMEM;
    dwp->file = (struct elf_file)ELF_FILE_CLOSED;
    int r = elf_file_open(path, &dwp->file);
    if (r == 0) {
        for (int i = 0; i < DWO_PARTS; i++)
            dwp->sections[i] = section_of(dwp->file.elf, dwo_part_names[i]);
        dwp->strings = section_of(dwp->file.elf, DWO_STR_NAME);
        dwp->index = section_of(dwp->file.elf, ".debug_cu_index");
        r = read_index(dwp);
    }
    if (r < 0) {
        dwp_close(&dwp);
    } else {
        *ret_dwp = dwp;
    }
    return r;
}

void dwp_close(struct dwp **dwp)
{
    if (!*dwp)
        return;
    elf_file_close(&(*dwp)->file);
    free(*dwp);
    *dwp = NULL;
}

/* The row of id, from 1. */
static int find_row(const struct dwp *dwp, uint64_t id, uint32_t *ret_row)
{
    uint64_t mask = dwp->slots - 1;
    uint64_t slot = id & mask;
    uint64_t step = (id >> 32 & mask) | 1;
    uint64_t rows = INDEX_HEADER_BYTES + (uint64_t)dwp->slots * sizeof id;

    for (uint32_t i = 0; i < dwp->slots; i++, slot = (slot + step) & mask) {
        uint64_t found;
        uint32_t row;
        if (span_read(dwp->index, INDEX_HEADER_BYTES + slot * sizeof id, &found,
                      sizeof found) < 0 ||
            span_read(dwp->index, rows + slot * sizeof row, &row, sizeof row) <
                0)
            return -ERR_FORMAT;
        if (row == 0)
            return -ERR_NOT_FOUND;
        if (found == id) {
            *ret_row = row;
            return row <= dwp->units ? 0 : -ERR_FORMAT;
        }
    }
    return -ERR_NOT_FOUND;
}

/* One number of the tables behind the hash table: offsets, then sizes. */
static int table_at(const struct dwp *dwp, uint64_t row, uint32_t column,
                    uint32_t *ret_number)
{
    uint64_t table =
        INDEX_HEADER_BYTES + (uint64_t)dwp->slots * (sizeof(uint64_t) + 4);

    return span_read(dwp->index, table + (row * dwp->columns + column) * 4,
                     ret_number, sizeof *ret_number);
}

static enum dwo_part part_of(const struct dwp *dwp, uint32_t section_id)
{
    for (int i = 0; i < DWO_PARTS; i++) {
        if (section_ids[i] == section_id &&
            (i != DWO_RNGLISTS || dwp->version == VERSION_5))
            return (enum dwo_part)i;
    }
    return DWO_PARTS;
}

int dwp_unit(const struct dwp *dwp, uint64_t id)
{
    struct dwo dwo = {.strings = dwp->strings,
                      .str_offsets_header = dwp->version == VERSION_5};
    uint32_t row = 0;

    int r = find_row(dwp, id, &row);
    for (uint32_t i = 0; i < dwp->columns && r == 0; i++) {
        uint32_t section_id = 0;
        uint32_t offset = 0;
        uint32_t size = 0;
        if (table_at(dwp, 0, i, &section_id) < 0 ||
            table_at(dwp, row, i, &offset) < 0 ||
            table_at(dwp, (uint64_t)dwp->units + row, i, &size) < 0)
            return -ERR_FORMAT;
        enum dwo_part part = part_of(dwp, section_id);
        if (part < DWO_PARTS) {
            r = span_part(dwp->sections[part], offset, size, &dwo.parts[part]);
        }
    }
    return r < 0 ? r : dwo_write(&dwo);
}
