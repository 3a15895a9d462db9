/*
 * What the signal means: names, access, the address, the instruction, and one
 * sentence for a person. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_CAUSE_H
#define INQUEST_HANDLER_DUMPER_CAUSE_H

#include <signal.h>
#include <stdbool.h>

#include "handler/dumper/target.h"
#include "proto/base/fmt.h"
#include "proto/box.h"
#include "proto/report_codec.h"

/* "SIGSEGV"; "SIG42" style never: "unknown signal" for what is not listed. */
const char *cause_signal_name(int number);

/* "SEGV_MAPERR", "SI_TKILL", …; NULL when not known. */
const char *cause_code_name(int number, int code);

/* Whether the kernel says where it faulted (signal(7), sigaction(2)). */
bool cause_has_address(const siginfo_t *info);

/* READ, WRITE or EXECUTE from the page-fault error code; 0: not a fault. */
Inquest__V1__Access cause_access(const struct box_crash *crash);

/*
 * Where the instruction begins that caused the signal: the pc, but for a
 * breakpoint and a system call, which the processor has left behind.
 */
uint64_t cause_instruction(struct target *target,
                           const struct box_crash *crash);

/* Writes one sentence. */
void cause_sentence(struct target *target, const struct box_crash *crash,
                    struct text *sentence);

/* The part of it about the memory at address. */
void cause_memory_sentence(const struct target *target,
                           const struct box_crash *crash, uint64_t address,
                           struct text *sentence);

/*
 * Which mapping holds address, or how far away the nearest one is: "in [heap]
 * (rw-), at 0x10", "0x8 below [stack] (rw-)". Nothing where address is that of
 * a null pointer or of the kernel, or no mapping is known.
 */
void cause_nearest_mapping(const struct target *target, uint64_t address,
                           struct text *text);

/* " 0x1f" */
void cause_append_address(struct text *sentence, uint64_t address);

#endif
