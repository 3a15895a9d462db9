/*
 * libunwind's remote interface with accessors of our own: no ELF file is
 * opened, everything comes from the target's memory, so deleted files unwind
 * too. Context: tool.
 */
#include <string.h>

#include "handler/dumper/unwind_walk.h"

/* Not in the public header; part of libunwind's static library.
 * NOLINTBEGIN(bugprone-reserved-identifier): the names are libunwind's. */
extern int _Ux86_64_dwarf_search_unwind_table(unw_addr_space_t, unw_word_t,
                                              unw_dyn_info_t *,
                                              unw_proc_info_t *, int, void *);
extern void _Ux86_64_dwarf_put_unwind_info(unw_addr_space_t, unw_proc_info_t *,
                                           void *);
/* NOLINTEND(bugprone-reserved-identifier) */

#define EH_FRAME_HDR_BYTES 12
#define EH_VERSION         1
#define EH_COUNT_UDATA4    0x03
#define EH_TABLE_DATAREL4  0x3b

/* NOLINTBEGIN(readability-non-const-parameter,readability-function-size):
 * the signatures of the accessors are libunwind's. */
static int find_proc_info(unw_addr_space_t space, unw_word_t pc,
                          unw_proc_info_t *info, int need_unwind_info,
                          void *context)
{
    struct walk *walk = context;
    uint8_t header[EH_FRAME_HDR_BYTES];
    uint32_t count;
    uint64_t offset;
    const struct target_module *module =
        target_place(walk->target, pc, &offset);

    walk->no_information = true;
    if (!module || !module->eh_frame_hdr ||
        target_read(walk->target, module->eh_frame_hdr, header,
                    sizeof header) != sizeof header ||
        header[0] != EH_VERSION || header[2] != EH_COUNT_UDATA4 ||
        header[3] != EH_TABLE_DATAREL4)
        return -UNW_ENOINFO;
    memcpy(&count, header + 8, sizeof count);
    unw_dyn_info_t table = {
        .start_ip = module->begin,
        .end_ip = module->end,
        .format = UNW_INFO_FORMAT_REMOTE_TABLE,
        .u.rti = {.segbase = module->eh_frame_hdr,
                  .table_len = count,
                  .table_data = module->eh_frame_hdr + EH_FRAME_HDR_BYTES},
    };
    unw_word_t original = module->load_bias + offset; /* pc, but in a copy */
    int r = _Ux86_64_dwarf_search_unwind_table(space, original, &table, info,
                                               need_unwind_info, context);
    if (r == 0) {
        info->start_ip += pc - original;
        info->end_ip += pc - original;
    }
    walk->no_information = r < 0;
    return r;
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info,
                            void *context)
{
    _Ux86_64_dwarf_put_unwind_info(space, info, context);
}

static int no_dynamic_info(unw_addr_space_t space, unw_word_t *address,
                           void *context)
{
    (void)space;
    (void)address;
    (void)context;
    return -UNW_ENOINFO;
}

static int access_memory(unw_addr_space_t space, unw_word_t address,
                         unw_word_t *value, int write, void *context)
{
    struct walk *walk = context;

    (void)space;
    if (write || !target_read_u64(walk->target, address, value))
        return -UNW_EINVAL;
    return 0;
}

static int access_register(unw_addr_space_t space, unw_regnum_t number,
                           unw_word_t *value, int write, void *context)
{
    struct walk *walk = context;

    (void)space;
    if (write || number < 0 || number > TARGET_RIP)
        return -UNW_EBADREG;
    *value = walk->registers[number];
    return 0;
}

static int no_fp_register(unw_addr_space_t space, unw_regnum_t number,
                          unw_fpreg_t *value, int write, void *context)
{
    (void)space;
    (void)number;
    (void)value;
    (void)write;
    (void)context;
    return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor,
                     void *context)
{
    (void)space;
    (void)cursor;
    (void)context;
    return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t space, unw_word_t pc, char *buffer,
                   size_t size, unw_word_t *offset, void *context)
{
    (void)space;
    (void)pc;
    (void)buffer;
    (void)size;
    (void)offset;
    (void)context;
    return -UNW_ENOINFO;
}

/* NOLINTEND(readability-non-const-parameter,readability-function-size) */

unw_addr_space_t unwind_address_space(void)
{
    static unw_accessors_t accessors = {
        .find_proc_info = find_proc_info,
        .put_unwind_info = put_unwind_info,
        .get_dyn_info_list_addr = no_dynamic_info,
        .access_mem = access_memory,
        .access_reg = access_register,
        .access_fpreg = no_fp_register,
        .resume = no_resume,
        .get_proc_name = no_name,
    };
    static unw_addr_space_t space;

    if (!space) {
        space = unw_create_addr_space(&accessors, 0);
        if (space)
            (void)unw_set_caching_policy(space, UNW_CACHE_GLOBAL);
    }
    return space;
}
