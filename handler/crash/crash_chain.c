/*
 * Hands a signal on by jumping, not by calling: the stack pointer is put on a
 * signal frame (the kernel's own, or a copy of it on the interrupted stack),
 * so the handler returns through libc's restorer straight to the kernel and
 * nothing of ours stays on any stack; but for abort(), see libc_abort.h.
 * Context: crash.
 */
#include "handler/crash/crash_chain.h"

#include <string.h>

#include "handler/crash/crash_handling.h"
#include "handler/crash/host_action.h"
#include "handler/crash/host_mask.h"
#include "handler/crash/libc_abort.h"
#include "handler/crash/signal_frame.h"
#include "handler/guest.h"
#include "handler/interpose/real.h"
#include "handler/own_memory.h"
#include "proto/base/sys.h"

#define RED_ZONE_BYTES     128
#define XSTATE_MAGIC1      0x46505853u /* FP_XSTATE_MAGIC1 */
#define XSTATE_SOFTWARE_AT 464         /* fpx_sw_bytes in the fxsave area */
#define FXSAVE_BYTES       512
#define XSTATE_BYTES_MAX   (64u << 10)

static size_t xstate_bytes(const uint8_t *state)
{
    uint32_t software[2]; /* magic1, extended_size */

    memcpy(software, state + XSTATE_SOFTWARE_AT, sizeof software);
    if (software[0] != XSTATE_MAGIC1 || software[1] > XSTATE_BYTES_MAX)
        return FXSAVE_BYTES;
    return software[1];
}

static bool on_altstack(const ucontext_t *context, uintptr_t stack_pointer)
{
    uintptr_t begin = (uintptr_t)context->uc_stack.ss_sp;

    return !(context->uc_stack.ss_flags & SS_DISABLE) &&
           stack_pointer - begin < context->uc_stack.ss_size;
}

/* Copies the kernel's frame below the interrupted stack pointer; NULL: no room.
 */
static struct signal_frame *copy_frame(const struct signal_frame *original,
                                       const ucontext_t *context)
{
    const uint8_t *state = (const uint8_t *)context->uc_mcontext.fpregs;
    size_t state_bytes = state ? xstate_bytes(state) : 0;
    uintptr_t at =
        (uintptr_t)context->uc_mcontext.gregs[REG_RSP] - RED_ZONE_BYTES;
    uintptr_t state_at = (at - state_bytes) & ~(uintptr_t)63;
    /* At entry of a function the stack pointer is 8 below a multiple of 16. */
    uintptr_t frame_at =
        ((state_at - sizeof(struct signal_frame)) & ~(uintptr_t)15) - 8;

    /* Whether the kernel could put a signal frame there: it may be read-only,
     * and a stack that has not grown so far grows then. */
    if (!own_memory_is_writable((void *)frame_at) ||
        !own_memory_is_writable((void *)(at - SYS_SIGSET_BYTES)))
        return NULL;
    struct signal_frame *copy = (struct signal_frame *)frame_at;
    memcpy(copy, original, sizeof *copy);
    if (state) {
        ucontext_t *moved = (ucontext_t *)copy->context;
        memcpy((void *)state_at, state, state_bytes);
        moved->uc_mcontext.fpregs = (fpregset_t)state_at;
    }
    return copy;
}

/* What the kernel blocks for the handler, besides what was blocked before. */
static uint64_t blocked_by(const struct sigaction *action, int signal_number)
{
    uint64_t bits = host_mask_bits(&action->sa_mask);

    return action->sa_flags & SA_NODEFER ? bits
                                         : bits | 1ull << (signal_number - 1);
}

static _Noreturn void jump(struct signal_frame *frame,
                           const struct sigaction *action, int signal_number)
{
    uint64_t mask;
    const ucontext_t *context = (const ucontext_t *)frame->context;

    memcpy(&mask, &context->uc_sigmask, sizeof mask);
    /* A fault in there must reach us. One that is blocked already was put back
     * (crash_handler.c), and would come again at once. */
    mask |= blocked_by(action, signal_number) & ~host_mask_faults();
    (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0,
                    SYS_SIGSET_BYTES);
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "xor %%eax, %%eax\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "jmp *%1"
                     :
                     : "a"(frame), "c"(action->sa_sigaction),
                       "D"((long)signal_number), "S"(&frame->info),
                       "d"(frame->context)
                     : "memory");
    __builtin_unreachable();
}

/* In a vfork child the table is its parent's, and the kernel's is its own. */
static void reset(int signal_number)
{
    struct sigaction initial = {.sa_handler = SIG_DFL};

    if (guest_owns_memory()) {
        host_action_set(signal_number, &initial);
    } else {
        (void)real()->sigaction(signal_number, &initial, NULL);
    }
}

bool crash_chain(const struct crash_event *event)
{
    struct sigaction action;
    struct signal_frame *frame = signal_frame_of(event->context);
    uintptr_t interrupted =
        (uintptr_t)event->context->uc_mcontext.gregs[REG_RSP];

    host_action_get(event->signal_number, &action);
    if (!host_action_is_function(&action) || !event->info)
        return true;
    if (!(action.sa_flags & SA_ONSTACK) &&
        !on_altstack(event->context, interrupted)) {
        frame = copy_frame(frame, event->context);
        if (!frame)
            return false;
    }
    if ((unsigned)action.sa_flags & SA_RESETHAND)
        reset(event->signal_number);
    struct crash_event handed = {
        event->signal_number, &frame->info, (ucontext_t *)frame->context, 0, 0,
        event->abort_message};
    libc_abort_await_return(event, frame);
    crash_handling_begin(&handed, (uintptr_t)frame,
                         blocked_by(&action, event->signal_number));
    jump(frame, &action, event->signal_number);
}
