/*
 * How `inquest-dumper recover` says with its exit status why there is no
 * report, and how the reporter reads it. Context: tool.
 */
#ifndef INQUEST_PROTO_DUMPER_STATUS_H
#define INQUEST_PROTO_DUMPER_STATUS_H

#include "proto/base/compiler.h"

/* The status for the error r; fallback (sysexits.h) where none is its own. */
int dumper_status(int r, int fallback);

/* The way back: 0 for 0, -EIO for what is in no table. */
MUST_CHECK int dumper_status_error(int status);

#endif
