/* What the map says of an address. Context: tool. */
#include <string.h>
#include <sys/ucontext.h>

#include "handler/dumper/cause.h"

/* Nothing can be mapped below (vm.mmap_min_addr): a null pointer and an
 * offset. */
#define NULL_BYTES     65536u
#define OVERFLOW_BYTES 65536u /* an access so near the stack pointer */
#define STACK_GAP_MAX \
    (1u << 20) /* guard and one frame below a thread's stack */
#define USER_TOP    0x00007fffffffffffull
#define REACH_BYTES 256u /* a push, or the red zone (psABI 3.2.2) */
#define USED_UP     8    /* an eighth of a stack is left at most */

void cause_append_address(struct text *sentence, uint64_t address)
{
    text_append(sentence, " 0x");
    text_append_hex(sentence, address, 1);
}

static const char *access_word(Inquest__V1__Access access)
{
    switch (access) {
    case INQUEST__V1__ACCESS__WRITE:
        return "write to";
    case INQUEST__V1__ACCESS__EXECUTE:
        return "jump to";
    case INQUEST__V1__ACCESS__READ:
        return "read of";
    default:
        return "access to";
    }
}

static bool is_near(uint64_t a, uint64_t b)
{
    return a - b < OVERFLOW_BYTES || b - a < OVERFLOW_BYTES; /* modulo 2^64 */
}

static bool is_guard(const struct target_mapping *mapping)
{
    return !mapping->readable && !mapping->writable;
}

/* The writable mapping that the stack pointer is in, or has just left. */
static const struct target_mapping *stack_of(const struct target *target,
                                             uint64_t stack_pointer)
{
    size_t i = target_mapping_index(target, stack_pointer);

    while (i < target->mapping_count && is_guard(&target->mappings[i]))
        i++;
    if (i == target->mapping_count || !target->mappings[i].writable)
        return NULL;
    const struct target_mapping *stack = &target->mappings[i];
    if (stack_pointer < stack->begin &&
        stack->begin - stack_pointer > STACK_GAP_MAX &&
        strcmp(stack->path, "[stack]") != 0)
        return NULL;
    return stack;
}

/* A stack pointer that is still inside: is little left? The kernel's own name
 * is for the one that grows by itself, unless it may not. */
static bool is_used_up(const struct target_mapping *stack,
                       uint64_t stack_pointer, uint64_t address)
{
    return stack_pointer - address <= REACH_BYTES ||
           (is_near(stack_pointer, stack->begin) &&
            (stack_pointer - stack->begin <=
                 (stack->end - stack->begin) / USED_UP ||
             strcmp(stack->path, "[stack]") == 0));
}

/* The stack is used up: the address and the stack pointer lie around its low
 * end. */
static bool is_overflow(const struct target *target, uint64_t stack_pointer,
                        uint64_t address)
{
    const struct target_mapping *stack = stack_of(target, stack_pointer);

    return stack && address < stack->begin &&
           address + OVERFLOW_BYTES >= stack_pointer &&
           (stack_pointer < stack->begin ||
            is_used_up(stack, stack_pointer, address));
}

/*
 * The same where the guard is no mapping of its own (MADV_GUARD_INSTALL, of
 * glibc from 2.42 on for the stacks of threads): the kernel says that nothing
 * is mapped there, next to the stack pointer, though the map has it.
 */
static bool is_overflow_inside(const struct target_mapping *mapping, int code,
                               uint64_t stack_pointer, uint64_t address)
{
    return mapping && mapping->writable && code == SEGV_MAPERR &&
           stack_pointer >= mapping->begin && stack_pointer <= mapping->end &&
           is_near(stack_pointer, address);
}

static const char *unmapped_words(uint64_t address)
{
    /* Beyond USER_TOP a processor with 5 levels of page tables goes on. */
    return (int64_t)address < 0 ? "an address of the kernel: "
                                : "memory that is not mapped: ";
}

static const char *mapped_words(const struct target_mapping *mapping,
                                Inquest__V1__Access access)
{
    bool executes = access == INQUEST__V1__ACCESS__EXECUTE;
    bool writes = access == INQUEST__V1__ACCESS__WRITE;

    if (is_guard(mapping) && !mapping->executable)
        return "memory that nobody may touch (a guard, or PROT_NONE): ";
    if (executes && !mapping->executable)
        return "memory that is not executable: ";
    if (writes && !mapping->writable)
        return "memory that is read-only: ";
    if (!executes && !writes && !mapping->readable)
        return "memory that may not be read: ";
    return "memory that allows it by now: ";
}

static const char *memory_words(const struct target *target,
                                const struct box_crash *crash, uint64_t address)
{
    uint64_t stack_pointer = crash->gregs[REG_RSP];
    Inquest__V1__Access access = cause_access(crash);
    const struct target_mapping *mapping = target_mapping_at(target, address);
    const struct target_mapping *stack =
        target_mapping_at(target, stack_pointer);
    siginfo_t info;

    memcpy(&info, crash->siginfo, sizeof info);
    if (access != INQUEST__V1__ACCESS__EXECUTE &&
        (is_overflow(target, stack_pointer, address) ||
         is_overflow_inside(mapping, info.si_code, stack_pointer, address)))
        return "stack overflow: ";
    if (is_near(stack_pointer, address) && !(stack && stack->writable))
        return "the stack pointer is invalid: ";
    if (address < NULL_BYTES) {
        return access == INQUEST__V1__ACCESS__EXECUTE
                   ? "null pointer called as a function: "
                   : "null pointer dereference: ";
    }
    if (!mapping)
        return unmapped_words(address);
    if (info.si_code == SEGV_PKUERR)
        return "memory that a protection key closes: ";
    return mapped_words(mapping, access);
}

void cause_memory_sentence(const struct target *target,
                           const struct box_crash *crash, uint64_t address,
                           struct text *sentence)
{
    text_append(sentence, memory_words(target, crash, address));
    text_append(sentence, access_word(cause_access(crash)));
    cause_append_address(sentence, address);
}

/* "/usr/lib/libc.so.6 (r-x)" */
static void append_mapping(struct text *text,
                           const struct target_mapping *mapping)
{
    char rights[] = " (---)";

    rights[2] = mapping->readable ? 'r' : '-';
    rights[3] = mapping->writable ? 'w' : '-';
    rights[4] = mapping->executable ? 'x' : '-';
    text_append(text, *mapping->path ? mapping->path : "anonymous memory");
    text_append(text, rights);
}

static void append_distance(struct text *text, uint64_t bytes,
                            const char *where,
                            const struct target_mapping *mapping)
{
    text_append(text, "0x");
    text_append_hex(text, bytes, 1);
    text_append(text, where);
    append_mapping(text, mapping);
}

void cause_nearest_mapping(const struct target *target, uint64_t address,
                           struct text *text)
{
    size_t i = target_mapping_index(target, address);
    const struct target_mapping *above =
        i < target->mapping_count ? &target->mappings[i] : NULL;
    const struct target_mapping *below =
        i > 0 ? &target->mappings[i - 1] : NULL;

    if (address < NULL_BYTES || address > USER_TOP)
        return;
    if (above && address >= above->begin) {
        text_append(text, "in ");
        append_mapping(text, above);
        text_append(text, ", at");
        cause_append_address(text, address - above->begin + above->offset);
        return;
    }
    if (above && (!below || above->begin - address <= address - below->end)) {
        append_distance(text, above->begin - address, " below ", above);
    } else if (below) {
        append_distance(text, address - below->end, " above ", below);
    }
}
