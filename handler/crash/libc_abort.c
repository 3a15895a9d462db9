/* libc's abort, on the stack. Context: crash. */
#include "handler/crash/libc_abort.h"

#include <signal.h>
#include <string.h>

#include "handler/crash/crash_handler.h"
#include "handler/guest.h"
#include "handler/interpose/real.h"
#include "handler/own_memory.h"
#include "proto/base/sys.h"

#define FRAMES_BYTES       1024u /* of what raise calls: 180 in glibc 2.36 */
#define ABORT_BYTES_MAX    1024u /* 420 in glibc 2.36 */
#define RAISE_BYTES_MAX    64u   /* 54 in glibc 2.36 to 2.43 */
#define RAISE_WORDS_MAX    8     /* there: 2, with where it returns to */
#define CALL_BYTES         5     /* e8, and where to, from behind it */
#define CALL_OPCODE        0xe8
#define INDIRECT_OPCODE    0xff
#define LONGEST_CALL_BYTES 6

/*
 * As the kernel's frame has it, from the stack pointer (signal_frame.h, struct
 * sigcontext): where an unwinder finds the registers of what was interrupted.
 * In DWARF: an expression for each, "breg7 offset"; the canonical frame address
 * is the value of the stack pointer there. The byte before is for unwinders
 * that look one before a return address.
 */
#define SAVED_NEAR(number, offset) \
    ".cfi_escape 0x10, " #number ", 2, 0x77, " #offset "\n\t"
#define SAVED_FAR(number, low, high) \
    ".cfi_escape 0x10, " #number ", 3, 0x77, " #low ", " #high "\n\t"

__asm__(".text\n\t"
        ".cfi_startproc\n\t"
        ".cfi_signal_frame\n\t"
        ".cfi_escape 0x0f, 4, 0x77, 0xa0, 0x01, 0x06\n\t" /* *(rsp + 160) */
        SAVED_NEAR(8, 0x28) SAVED_NEAR(9, 0x30) SAVED_NEAR(10, 0x38)
            SAVED_FAR(11, 0xc0, 0) SAVED_FAR(12, 0xc8, 0) SAVED_FAR(13, 0xd0, 0)
                SAVED_FAR(14, 0xd8, 0) SAVED_FAR(15, 0xe0, 0)
                    SAVED_FAR(5, 0xe8, 0) SAVED_FAR(4, 0xf0, 0)
                        SAVED_FAR(6, 0xf8, 0) SAVED_FAR(3, 0x80,
                                                        1) SAVED_FAR(1, 0x88, 1)
                            SAVED_FAR(0, 0x90, 1) SAVED_FAR(2, 0x98, 1)
                                SAVED_FAR(7, 0xa0, 1) SAVED_FAR(
                                    16, 0xa8,
                                    1) "nop\n"
                                       ".globl libc_abort_restorer\n"
                                       ".hidden libc_abort_restorer\n"
                                       ".type libc_abort_restorer, @function\n"
                                       "libc_abort_restorer:\n\t"
                                       "mov %rsp, %rdi\n\t"
                                       "call crash_handler_returned\n\t"
                                       "mov $15, %eax\n\t" /* rt_sigreturn */
                                       "syscall\n\t"
                                       ".cfi_endproc\n"
                                       ".size libc_abort_restorer, . - "
                                       "libc_abort_restorer\n");

/* Without one the instruction does nothing (Intel SDM, volume 1, CET). */
static bool has_shadow_stack(void)
{
    uint64_t pointer = 0;

    __asm__ volatile("rdsspq %0" : "+r"(pointer));
    return pointer != 0;
}

/* Whether that is behind a call in the function that begins there. */
static bool is_behind_call(uintptr_t address, uintptr_t function, size_t bytes)
{
    return address - function - CALL_BYTES < bytes &&
           *(const uint8_t *)(address - CALL_BYTES) == CALL_OPCODE;
}

/* Whether that is behind a call of raise in abort. */
static bool is_in_abort(uintptr_t address)
{
    int32_t distance;

    if (!is_behind_call(address, (uintptr_t)real()->abort, ABORT_BYTES_MAX))
        return false;
    memcpy(&distance, (const uint8_t *)address - sizeof distance,
           sizeof distance);
    return address + (uintptr_t)(intptr_t)distance == guest.raise_address;
}

/* Where on the stack it says how to return to raise; NULL: it does not. */
static const uintptr_t *find_raise(uintptr_t at)
{
    const uintptr_t *words = (const uintptr_t *)at;

    for (size_t i = 0; i < FRAMES_BYTES / sizeof *words; i++) {
        bool known = i > 0 && (at + i * sizeof *words) % BOX_PAGE_BYTES != 0;
        if (!known && !own_memory_is_readable(&words[i], sizeof *words))
            return NULL;
        if (is_behind_call(words[i], guest.raise_address, RAISE_BYTES_MAX))
            return &words[i];
    }
    return NULL;
}

/* Whether some function may return there: it is behind a call, whose opcode and
 * operand are of five bytes, or of two, three or six. */
static bool is_return(uintptr_t address)
{
    const uint8_t *end = (const uint8_t *)address;

    return own_memory_is_readable(end - LONGEST_CALL_BYTES,
                                  LONGEST_CALL_BYTES) &&
           (end[-CALL_BYTES] == CALL_OPCODE || end[-2] == INDIRECT_OPCODE ||
            end[-3] == INDIRECT_OPCODE ||
            end[-LONGEST_CALL_BYTES] == INDIRECT_OPCODE);
}

/*
 * Whether raise returns to abort; words: behind where it is returned to itself.
 * Of its frame, whose size is the compiler's, registers come first. Not any
 * word on the stack: those of an abort that the program survived may still lie
 * where its next call of raise has its variables.
 */
static bool returns_to_abort(const uintptr_t *words)
{
    for (size_t i = 0; i < RAISE_WORDS_MAX; i++) {
        if (!own_memory_is_readable(&words[i], sizeof *words))
            return false;
        if (is_in_abort(words[i]))
            return true;
        if (is_return(words[i]))
            return false;
    }
    return false;
}

bool libc_abort_raised(const struct crash_event *event)
{
    uintptr_t at =
        (uintptr_t)event->context->uc_mcontext.gregs[REG_RSP] & ~(uintptr_t)7;

    if (event->signal_number != SIGABRT || !event->info ||
        event->info->si_code != SI_TKILL || event->info->si_pid != sys_getpid())
        return false;
    const uintptr_t *raise_returns = find_raise(at);
    return raise_returns && returns_to_abort(raise_returns + 1);
}

void libc_abort_await_return(const struct crash_event *event,
                             struct signal_frame *frame)
{
    if (libc_abort_raised(event) && !has_shadow_stack())
        frame->restorer = (void *)libc_abort_restorer;
}
