/*
 * Frames without call frame information: code that was made at run time, or
 * assembly without directives. Context: tool.
 */
#include <string.h>

#include "handler/dumper/unwind_walk.h"

#define FRAME_BYTES_MAX (1u << 20)
#define SCAN_WORDS      256
#define SCANS_MAX       16 /* in one stack: guesses do not add up to a chain */
#define CALL_BYTES_MAX  7

bool unwind_is_code(const struct target *target, uint64_t address)
{
    const struct target_mapping *mapping = target_mapping_at(target, address);

    return mapping && mapping->executable;
}

bool unwind_is_generated(const struct target *target, uint64_t address)
{
    /* memfd_create(2), and memory with a name: PR_SET_VMA_ANON_NAME, prctl(2)
     */
    static const char *const memory[] = {"/memfd:", "[anon"};
    const struct target_mapping *mapping = target_mapping_at(target, address);

    if (!mapping || !mapping->executable)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(memory); i++) {
        if (strncmp(mapping->path, memory[i], strlen(memory[i])) == 0)
            return true;
    }
    return mapping->path[0] == '\0';
}

/* Length of a call through register or memory: 0xff /2 (Intel SDM volume 2,
 * CALL and 2.1.3, ModR/M); code[0] is 0xff. 0: another instruction. */
static size_t indirect_call_bytes(const uint8_t *code)
{
    unsigned mode = code[1] >> 6;
    unsigned operation = code[1] >> 3 & 7;
    unsigned memory = code[1] & 7;
    size_t size = 2;

    if (operation != 2)
        return 0;
    if (mode != 3 && memory == 4) {
        size++; /* SIB */
        if (mode == 0 && (code[2] & 7) == 5)
            size += 4;
    }
    if (mode == 1)
        size += 1;
    if (mode == 2 || (mode == 0 && memory == 5))
        size += 4;
    return size;
}

bool unwind_follows_call(struct target *target, uint64_t address)
{
    /* Ends with the address; one byte more, so that a SIB can be looked at. */
    uint8_t code[CALL_BYTES_MAX + 1] = {0};

    if (!unwind_is_code(target, address) || address < CALL_BYTES_MAX ||
        target_read(target, address - CALL_BYTES_MAX, code, CALL_BYTES_MAX) !=
            CALL_BYTES_MAX)
        return false;
    if (code[CALL_BYTES_MAX - 5] == 0xe8) /* call rel32 */
        return true;
    for (size_t size = 2; size <= CALL_BYTES_MAX; size++) {
        const uint8_t *at = code + CALL_BYTES_MAX - size;
        if (*at == 0xff && indirect_call_bytes(at) == size)
            return true;
    }
    return false;
}

/* Whether a frame pointer may be one: above what lies below it, not far. */
static bool is_frame_above(uint64_t frame_pointer, uint64_t below)
{
    return frame_pointer >= below && frame_pointer - below <= FRAME_BYTES_MAX &&
           frame_pointer % sizeof frame_pointer == 0;
}

/*
 * An interpreter that was made at run time (HotSpot's) pushes where to return
 * to, and jumps: no call stands there. Then the chain has to go on instead.
 */
static bool is_return(struct target *target, uint64_t caller,
                      uint64_t frame_pointer, uint64_t saved)
{
    return unwind_follows_call(target, caller) ||
           (unwind_is_generated(target, caller) &&
            is_frame_above(saved, frame_pointer + 2 * sizeof saved));
}

/* A frame pointer points up the same stack; two words lie there. */
static bool by_frame_pointer(struct walk *walk, struct unwind_frame *ret_frame)
{
    uint64_t frame_pointer = walk->registers[TARGET_RBP];
    uint64_t saved;
    uint64_t caller;

    if (!is_frame_above(frame_pointer, walk->registers[TARGET_RSP]) ||
        !target_read_u64(walk->target, frame_pointer, &saved) ||
        !target_read_u64(walk->target, frame_pointer + sizeof saved, &caller) ||
        !is_return(walk->target, caller, frame_pointer, saved))
        return false;
    walk->registers[TARGET_RSP] = frame_pointer + 2 * sizeof saved;
    walk->registers[TARGET_RBP] = saved;
    *ret_frame = (struct unwind_frame){caller, UNWIND_FRAME_POINTER, false};
    return true;
}

/* What our own library left on the stack before is no caller of anything. */
static bool may_be_caller(struct target *target, uint64_t word)
{
    return unwind_follows_call(target, word) && !target_is_guest(target, word);
}

static bool by_scan(struct walk *walk, struct unwind_frame *ret_frame)
{
    uint64_t at = (walk->registers[TARGET_RSP] + 7) & ~7ull;
    uint64_t word;

    if (walk->scans++ >= SCANS_MAX)
        return false;
    for (size_t i = 0; i < SCAN_WORDS; i++, at += sizeof word) {
        if (!target_read_u64(walk->target, at, &word))
            return false;
        if (may_be_caller(walk->target, word)) {
            walk->registers[TARGET_RSP] = at + sizeof word;
            *ret_frame = (struct unwind_frame){word, UNWIND_SCAN, false};
            return true;
        }
    }
    return false;
}

bool unwind_guess(struct walk *walk, struct unwind_frame *ret_frame)
{
    if (!by_frame_pointer(walk, ret_frame) && !by_scan(walk, ret_frame))
        return false;
    /* Within the call, so that its own rules are looked up, and not those of
     * what follows it. */
    walk->registers[TARGET_RIP] = ret_frame->pc - 1;
    return true;
}
