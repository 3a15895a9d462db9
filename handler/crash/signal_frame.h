/*
 * What the kernel puts on a stack when it calls a handler: struct rt_sigframe
 * of arch/x86/include/asm/sigframe.h. Context: any.
 */
#ifndef INQUEST_HANDLER_SIGNAL_FRAME_H
#define INQUEST_HANDLER_SIGNAL_FRAME_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/* Of the kernel's ucontext: uc_flags to uc_sigmask. */
#define SIGNAL_FRAME_CONTEXT_BYTES 304

struct signal_frame {
    void *restorer; /* libc's, to which the handler returns */
    uint8_t context[SIGNAL_FRAME_CONTEXT_BYTES];
    siginfo_t info;
};

/* The frame that this context is of. */
static inline struct signal_frame *signal_frame_of(ucontext_t *context)
{
    return (struct signal_frame *)((uint8_t *)context -
                                   offsetof(struct signal_frame, context));
}

#endif
