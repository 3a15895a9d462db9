/*
 * System calls for which an inherited seccomp filter kills, as systemd's do
 * (SystemCallFilter=): a child tries. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_FORBIDDEN_H
#define INQUEST_HANDLER_DUMPER_FORBIDDEN_H

#include <stdbool.h>

/*
 * Whether the call would end this process: false without a filter, which costs
 * one call, else a child tries (70 us); false where there can be none. first:
 * its first argument; the second is -1, no process, so that it does nothing;
 * the others are 0.
 */
bool forbidden_call(long number, long first);

#endif
