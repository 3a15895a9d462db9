/*
 * Alternate signal stacks: one for the main thread (static, mapped with the
 * library), one mapped with a guard page for every thread that has none.
 * Context: guest.
 */
#ifndef INQUEST_HANDLER_ALTSTACK_H
#define INQUEST_HANDLER_ALTSTACK_H

#include <signal.h>
#include <stdbool.h>

/*
 * Gives the calling thread an alternate stack of AT_MINSIGSTKSZ + 32 KiB,
 * unless it has one that is large enough. Returns whether it did.
 */
bool altstack_install(void);

/*
 * sigaltstack(2) as the program sees it: a stack that it gives up is replaced
 * by ours, and from then on, inside a handler too, it is told that it has none.
 * Of ours that was there first it is told: Rust's runtime then takes it, whose
 * own would be too small for us. 0, or -errno.
 */
long altstack_change(const stack_t *stack, stack_t *ret_before);

/* Takes ours away again and unmaps it; does nothing where it is not ours. */
void altstack_release(void);

#endif
