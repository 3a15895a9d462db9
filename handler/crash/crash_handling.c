/* The signal being handled. Context: crash. */
#include "handler/crash/crash_handling.h"

#include <stddef.h>

#include "proto/base/crc32c.h"

/* A handler that uses more stack than this is not believed to be one. */
#define HANDLER_STACK_MAX (256u << 10)

static __thread struct {
    struct crash_event event; /* info NULL: nothing is handled */
    uintptr_t stack_pointer;  /* where the handler began */
    uint32_t crc;
    bool again;
} handling;

/* Of what a handler hardly ever changes, unless it recovers. */
static uint32_t checksum(const struct crash_event *event)
{
    uint32_t crc = crc32c(0, event->info, sizeof *event->info);

    return crc32c(crc, event->context->uc_mcontext.gregs,
                  sizeof event->context->uc_mcontext.gregs);
}

bool crash_handling_now(uintptr_t stack_pointer, struct crash_event *ret_event)
{
    if (!handling.event.info || stack_pointer >= handling.stack_pointer ||
        handling.stack_pointer - stack_pointer > HANDLER_STACK_MAX ||
        checksum(&handling.event) != handling.crc)
        return false;
    *ret_event = handling.event;
    return true;
}

void crash_handling_begin(const struct crash_event *event,
                          uintptr_t stack_pointer, bool again)
{
    struct crash_event outer;

    if (crash_handling_now(stack_pointer, &outer))
        return;
    handling.event = *event;
    handling.stack_pointer = stack_pointer;
    handling.crc = checksum(event);
    handling.again = again;
}

bool crash_handling_defers(int signal_number)
{
    return handling.event.signal_number == signal_number && !handling.again;
}

void crash_handling_unblocked(uint64_t signals)
{
    if (handling.event.info &&
        (signals >> (handling.event.signal_number - 1) & 1))
        handling.again = true;
}
