/*
 * The faults in the masks of other signals' handlers. The kernel gets those
 * masks without them, for a fault inside such a handler must reach us; so a
 * fault signal that is sent meanwhile is ours to keep back. Nothing of ours
 * runs when such a handler begins or returns: whether one is running is seen
 * from the kernel's frames on the stack. Context: crash.
 */
#ifndef INQUEST_HANDLER_HELD_BACK_H
#define INQUEST_HANDLER_HELD_BACK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* faults: the bits that were taken out of the mask of this signal's handler. */
void held_back_set(int signal_number, uint64_t faults);
uint64_t held_back_get(int signal_number);

/* Whether a handler that runs in the interrupted thread keeps it back. */
bool held_back_now(int fault_number, const ucontext_t *context);

/*
 * This thread lets them through, and so does each handler that runs further up
 * its stack: a later one, too, that lies further up than this call did.
 */
void held_back_unblocked(uint64_t faults);

#endif
