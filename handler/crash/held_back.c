/* Frames of running handlers, found on the stack. Context: crash. */
#include "handler/crash/held_back.h"

#include <stddef.h>
#include <string.h>

#include "handler/crash/crash_handling.h"
#include "handler/crash/host_mask.h"
#include "handler/crash/libc_abort.h"
#include "handler/crash/signal_frame.h"
#include "handler/own_memory.h"
#include "proto/base/compiler.h"
#include "proto/base/sys.h"

#define STACK_BYTES_MAX (256u << 10) /* that handlers are believed to use */
#define PAGE_BYTES      4096u
#define WORD_BYTES      sizeof(void *)
#define STATE_GAP_BYTES 128u /* at most, from a frame to its xsave area */
#define BIT(number)     (1ull << ((number)-1))

struct kernel_action {
    void *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
};

/* The stack that is still to be looked through. */
struct search {
    const void *restorer;
    uintptr_t at;
    uintptr_t known_end; /* up to here it is there */
    size_t words_left;
};

static FAR_BEHIND uint64_t held_back[_NSIG];

/* The last call that let faults through: where it was made, and which. */
static _Thread_local uintptr_t unblocked_at;
static _Thread_local uint64_t unblocked;

void held_back_set(int signal_number, uint64_t faults)
{
    if (held_back[signal_number] != faults) /* no page for what is the same */
        held_back[signal_number] = faults;
}

uint64_t held_back_get(int signal_number)
{
    return held_back[signal_number];
}

void held_back_unblocked(uint64_t faults)
{
    if (faults == 0)
        return;
    unblocked_at = (uintptr_t)__builtin_frame_address(0);
    unblocked = faults;
}

static struct kernel_action action_of(int signal_number)
{
    struct kernel_action action = {0};

    (void)sys_call4(SYS_rt_sigaction, signal_number, 0, (long)&action,
                    SYS_SIGSET_BYTES);
    return action;
}

static const ucontext_t *context_of(const struct signal_frame *frame)
{
    return (const ucontext_t *)frame->context;
}

static uint64_t mask_of(const ucontext_t *context)
{
    return host_mask_bits(&context->uc_sigmask);
}

/* What lies on a stack by chance is not as consistent. */
static bool is_frame(const struct signal_frame *frame)
{
    if (!own_memory_is_readable(frame, sizeof *frame))
        return false;
    uintptr_t state = (uintptr_t)context_of(frame)->uc_mcontext.fpregs;

    return state - (uintptr_t)(frame + 1) < STATE_GAP_BYTES;
}

static bool is_restorer(const struct search *search, const void *word)
{
    return word == search->restorer || word == libc_abort_restorer;
}

/* The next one up the stack; NULL: none is there. */
static const struct signal_frame *next_frame(struct search *search)
{
    for (; search->words_left > 0; search->words_left--) {
        const void *const *word = (const void *const *)search->at;
        if (search->at >= search->known_end) {
            if (!own_memory_is_readable(word, WORD_BYTES))
                return NULL;
            search->known_end = (search->at | (PAGE_BYTES - 1)) + 1;
        }
        search->at += WORD_BYTES;
        if (is_restorer(search, *word) &&
            is_frame((const struct signal_frame *)word))
            return (const struct signal_frame *)word;
    }
    return NULL;
}

/* Behind it what the handler interrupted, perhaps on another stack. */
static void step_over(struct search *search, const struct signal_frame *frame)
{
    uintptr_t interrupted =
        (uintptr_t)context_of(frame)->uc_mcontext.gregs[REG_RSP];

    search->at = interrupted & ~(WORD_BYTES - 1);
    search->known_end = 0;
}

/*
 * Whether the frame may be of this signal's handler, which holds the fault
 * back; mask: what the kernel has blocked now. The number is in the frame only
 * of who asked for siginfo; but a signal that was delivered was not blocked
 * before, and it and its handler's mask are now.
 */
static bool is_of(const struct signal_frame *frame, int signal_number,
                  uint64_t fault, uint64_t mask)
{
    if (!(held_back[signal_number] & fault))
        return false;
    struct kernel_action action = action_of(signal_number);
    uint64_t own = action.flags & SA_NODEFER ? 0 : BIT(signal_number);

    return !(mask_of(context_of(frame)) & own) &&
           ((action.mask | own) & ~mask) == 0;
}

static bool keeps_back(const struct signal_frame *frame, uint64_t fault,
                       uint64_t mask)
{
    /* Who faults, takes the default and raises again is to die of the fault,
     * now. */
    if (crash_handling_of(&frame->info))
        return false;
    if ((unblocked & fault) && unblocked_at < (uintptr_t)frame)
        return false;
    for (int number = 1; number < _NSIG; number++) {
        if (is_of(frame, number, fault, mask))
            return true;
    }
    return false;
}

static bool is_in_a_mask(uint64_t fault)
{
    for (int number = 1; number < _NSIG; number++) {
        if (held_back[number] & fault)
            return true;
    }
    return false;
}

bool held_back_now(int fault_number, const ucontext_t *context)
{
    const struct signal_frame *frame;
    uint64_t fault = BIT(fault_number);

    if (!is_in_a_mask(fault))
        return false;
    struct search search = {
        .restorer = action_of(fault_number).restorer,
        .at =
            (uintptr_t)context->uc_mcontext.gregs[REG_RSP] & ~(WORD_BYTES - 1),
        .words_left = STACK_BYTES_MAX / WORD_BYTES,
    };
    while ((frame = next_frame(&search))) {
        if (keeps_back(frame, fault, mask_of(context)))
            return true;
        step_over(&search, frame);
    }
    return false;
}
