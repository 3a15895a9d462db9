/* Fills the crash record of a box. Context: crash. */
#ifndef INQUEST_HANDLER_CRASH_RECORD_H
#define INQUEST_HANDLER_CRASH_RECORD_H

#include <signal.h>
#include <ucontext.h>

#include "handler/box_file.h"

/* What one delivered signal is about. All borrowed. */
struct crash_event {
    int signal_number;
    siginfo_t *info; /* NULL: the handler was called without SA_SIGINFO */
    ucontext_t *context;
    /* The program's handler of it crashed in turn: 0, or by this signal. */
    int nested_signal;
    uint64_t nested_pc;
    uint64_t abort_message; /* crash_record_abort_message of it; 0: none */
};

/*
 * Where what glibc says of this abort lies, 0: it says nothing. glibc keeps the
 * last text for ever: of an assertion that the program survived, or its parent
 * before a fork, it is not told again. To be asked once of each signal.
 */
uint64_t crash_record_abort_message(const struct crash_event *event);

/* Context, siginfo, thread and abort message: enough for the dumper. */
void crash_record_fill(struct box *box, const struct crash_event *event);

/* A further thread that crashed while the first one is being dealt with. */
void crash_record_also(struct box *box, int tid);

/*
 * What tier 2 needs when no dumper could run: the stack around the stack
 * pointer, the memory map, and why. Without room for them, why alone.
 */
void crash_record_evidence(struct box_file *file,
                           const struct crash_event *event,
                           enum box_tier_reason reason, int error);

/*
 * The program is about to lose sight of /proc (chroot): what the maps say now
 * is kept in the box for crash_record_evidence. Context: guest.
 */
void crash_record_keep_maps(struct box *box);

#endif
