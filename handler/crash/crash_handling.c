/* The signals being handled. Context: crash. */
#include "handler/crash/crash_handling.h"

#include <stddef.h>
#include <string.h>

#include "handler/crash/signal_frame.h"
#include "proto/base/crc32c.h"
#include "proto/base/sys.h"

/* A handler that uses more stack than this is not believed to be one. */
#define HANDLER_STACK_MAX (256u << 10)

struct handling {
    struct crash_event event;
    uintptr_t stack_pointer; /* where the handler began */
    uint64_t blocked;
    int pid;
    uint32_t crc;
};

/* The outermost first. */
static __thread struct handling handlings[CRASH_HANDLERS_MAX];
static __thread uint32_t handling_count;

/* What the last one was for in which its own signal was raised, and where. */
static __thread siginfo_t first;
static __thread gregset_t first_registers;

/* Of what a handler hardly ever changes, unless it recovers. */
static uint32_t checksum(const struct crash_event *event)
{
    uint32_t crc = crc32c(0, event->info, sizeof *event->info);

    return crc32c(crc, event->context->uc_mcontext.gregs,
                  sizeof event->context->uc_mcontext.gregs);
}

/* As long as it has not returned: one that uses no stack runs right there. */
static bool runs(const struct handling *handling, uintptr_t stack_pointer)
{
    return stack_pointer <= handling->stack_pointer &&
           handling->stack_pointer - stack_pointer <= HANDLER_STACK_MAX &&
           checksum(&handling->event) == handling->crc;
}

bool crash_handling_now(uintptr_t stack_pointer, struct crash_event *ret_event)
{
    if (handling_count == 0 || !runs(&handlings[0], stack_pointer) ||
        handlings[0].pid != sys_getpid())
        return false;
    *ret_event = handlings[0].event;
    return true;
}

void crash_handling_begin(const struct crash_event *event,
                          uintptr_t stack_pointer, uint64_t blocked)
{
    uintptr_t interrupted = stack_pointer + sizeof(struct signal_frame);

    while (handling_count > 0 &&
           !runs(&handlings[handling_count - 1], interrupted))
        handling_count--;
    if (handling_count == CRASH_HANDLERS_MAX)
        return;
    handlings[handling_count++] = (struct handling){
        *event, stack_pointer, blocked, sys_getpid(), checksum(event)};
}

void crash_handling_put_back(const struct crash_event *event,
                             uintptr_t stack_pointer)
{
    struct crash_event told;

    if (!crash_handling_now(stack_pointer, &told) ||
        told.signal_number != event->signal_number)
        return;
    first = *told.info;
    memcpy(first_registers, told.context->uc_mcontext.gregs,
           sizeof first_registers);
}

siginfo_t *crash_handling_first(const struct crash_event *event)
{
    const greg_t *registers = event->context->uc_mcontext.gregs;
    bool back = first.si_signo == event->signal_number && event->info &&
                event->info->si_code <= 0 &&
                event->info->si_pid == sys_getpid() &&
                registers[REG_RIP] == first_registers[REG_RIP] &&
                registers[REG_RSP] == first_registers[REG_RSP];

    return back ? &first : NULL;
}

const struct crash_event *crash_handling_of(const siginfo_t *info)
{
    for (uint32_t i = 0; i < handling_count; i++) {
        if (handlings[i].event.info == info &&
            checksum(&handlings[i].event) == handlings[i].crc)
            return &handlings[i].event;
    }
    return NULL;
}

bool crash_handling_blocks(uintptr_t stack_pointer, int signal_number)
{
    for (uint32_t i = 0; i < handling_count; i++) {
        if ((handlings[i].blocked >> (signal_number - 1) & 1) &&
            runs(&handlings[i], stack_pointer))
            return true;
    }
    return false;
}

void crash_handling_unblocked(uint64_t signals)
{
    for (uint32_t i = 0; i < handling_count; i++)
        handlings[i].blocked &= ~signals;
}
