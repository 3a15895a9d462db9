/*
 * libunwind's remote interface with accessors of our own: no ELF file is
 * opened, everything comes from the target's memory, so deleted files unwind
 * too. Context: tool.
 */
#include "handler/dumper/unwind.h"

#include <libunwind.h>
#include <string.h>

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

struct walk {
    struct target *target;
    uint64_t registers[TARGET_REGISTERS];
};

/* NOLINTBEGIN(readability-non-const-parameter,readability-function-size):
 * the signatures of the accessors are libunwind's. */
static int find_proc_info(unw_addr_space_t space, unw_word_t pc,
                          unw_proc_info_t *info, int need_unwind_info,
                          void *context)
{
    struct walk *walk = context;
    uint8_t header[EH_FRAME_HDR_BYTES];
    uint32_t count;
    const struct target_module *module = target_module_at(walk->target, pc);

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
    return _Ux86_64_dwarf_search_unwind_table(space, pc, &table, info,
                                              need_unwind_info, context);
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

static unw_addr_space_t address_space(void)
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

static bool is_code(const struct target *target, uint64_t address)
{
    const struct target_mapping *mapping = target_mapping_at(target, address);

    return mapping && mapping->executable;
}

static void add(struct unwind_stack *stack, struct unwind_frame frame)
{
    if (stack->count < UNWIND_FRAMES_MAX) {
        stack->frames[stack->count++] = frame;
        return;
    }
    /* The tail is a ring until unwind_thread turns it. */
    size_t at = stack->skipped % UNWIND_TAIL_FRAMES;
    stack->frames[UNWIND_HEAD_FRAMES + at] = frame;
    stack->skipped++;
}

/* Puts the tail's oldest frame first. */
static void turn_tail(struct unwind_stack *stack)
{
    struct unwind_frame tail[UNWIND_TAIL_FRAMES];
    size_t first = stack->skipped % UNWIND_TAIL_FRAMES;

    if (stack->skipped == 0)
        return;
    for (size_t i = 0; i < UNWIND_TAIL_FRAMES; i++) {
        tail[i] =
            stack
                ->frames[UNWIND_HEAD_FRAMES + (first + i) % UNWIND_TAIL_FRAMES];
    }
    memcpy(&stack->frames[UNWIND_HEAD_FRAMES], tail, sizeof tail);
    for (size_t p = 1; p <= UNWIND_TAIL_FRAMES && !stack->period; p++) {
        size_t i = UNWIND_TAIL_FRAMES;
        while (i + p < UNWIND_HEAD_FRAMES &&
               stack->frames[i].pc == stack->frames[i + p].pc)
            i++;
        if (i + p == UNWIND_HEAD_FRAMES)
            stack->period = p;
    }
}

/*
 * A call through a bad pointer: pc is nowhere, the caller's return address
 * lies at the stack pointer. Makes the registers those of the caller.
 */
static bool leave_bad_pc(struct walk *walk, struct unwind_stack *stack)
{
    uint64_t caller;

    if (is_code(walk->target, walk->registers[TARGET_RIP]))
        return true;
    if (!target_read_u64(walk->target, walk->registers[TARGET_RSP], &caller)) {
        stack->note = "stack pointer invalid";
        return false;
    }
    if (!is_code(walk->target, caller)) {
        stack->note = "no return address at the stack pointer";
        return false;
    }
    walk->registers[TARGET_RIP] = caller;
    walk->registers[TARGET_RSP] += sizeof caller;
    add(stack, (struct unwind_frame){caller, UNWIND_SCAN, false});
    return true;
}

/* Goes on by saved frame pointers, which must rise on the stack. */
static void walk_frame_pointers(struct walk *walk, uint64_t frame_pointer,
                                struct unwind_stack *stack)
{
    uint64_t next;
    uint64_t caller;
    uint64_t low = walk->registers[TARGET_RSP];

    while (
        stack->count < UNWIND_FRAMES_MAX && frame_pointer >= low &&
        frame_pointer % sizeof next == 0 &&
        target_read_u64(walk->target, frame_pointer, &next) &&
        target_read_u64(walk->target, frame_pointer + sizeof next, &caller) &&
        is_code(walk->target, caller)) {
        add(stack, (struct unwind_frame){caller, UNWIND_FRAME_POINTER, false});
        low = frame_pointer + 2 * sizeof next;
        frame_pointer = next;
    }
}

/* No call frame information for this pc. */
static void fall_back(struct walk *walk, unw_cursor_t *cursor,
                      struct unwind_stack *stack)
{
    unw_word_t frame_pointer;

    if (unw_get_reg(cursor, UNW_X86_64_RBP, &frame_pointer) == 0)
        walk_frame_pointers(walk, frame_pointer, stack);
}

static void step_all(struct walk *walk, unw_cursor_t *cursor,
                     uint64_t deadline_ms, struct unwind_stack *stack)
{
    unw_word_t pc;

    for (size_t depth = 0; depth < UNWIND_DEPTH_MAX; depth++) {
        bool exact = unw_is_signal_frame(cursor) > 0;
        int r = unw_step(cursor);
        if (r == 0)
            return;
        if (r < 0 || unw_get_reg(cursor, UNW_REG_IP, &pc) < 0) {
            fall_back(walk, cursor, stack);
            return;
        }
        if (pc == 0)
            return;
        if (!is_code(walk->target, pc)) {
            stack->note = "return address is not code: stack damaged";
            return;
        }
        add(stack, (struct unwind_frame){pc, UNWIND_CFI, exact});
        if (depth % 256 == 255 && target_now_ms() > deadline_ms) {
            stack->note = "deadline reached";
            return;
        }
    }
    stack->note = "deeper than 100000 frames";
}

void unwind_thread(struct target *target,
                   const uint64_t registers[TARGET_REGISTERS],
                   uint64_t deadline_ms, struct unwind_stack *ret_stack)
{
    struct walk walk = {.target = target};
    unw_cursor_t cursor;

    memcpy(walk.registers, registers, sizeof walk.registers);
    ret_stack->count = ret_stack->skipped = ret_stack->period = 0;
    ret_stack->note = NULL;
    add(ret_stack,
        (struct unwind_frame){registers[TARGET_RIP], UNWIND_CONTEXT, true});
    unw_addr_space_t space = address_space();
    if (!space || !leave_bad_pc(&walk, ret_stack) ||
        unw_init_remote(&cursor, space, &walk) < 0)
        return;
    step_all(&walk, &cursor, deadline_ms, ret_stack);
    turn_tail(ret_stack);
}
