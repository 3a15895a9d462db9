/*
 * What the signal means: names, access, the address, and one sentence.
 * Context: tool.
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

/* Writes one sentence. */
void cause_sentence(const struct target *target, const struct box_crash *crash,
                    struct text *sentence);

#endif
