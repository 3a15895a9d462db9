/*
 * A box for a process that has none: who it is, so that its report has the
 * same parts as any other. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_SUBSTITUTE_BOX_H
#define INQUEST_HANDLER_DUMPER_SUBSTITUTE_BOX_H

#include "proto/box.h"

struct substitute {
    int pid;
    int parent_pid; /* 0: not known */
    uint64_t start_ticks;
    uint64_t start_boot_ns;                                 /* 0: just now */
    const char *executable, *app, *app_version, *state_dir; /* "": none */
};

/* The one box of this kind (static storage), sealed; its rings are empty. */
struct box *substitute_box(const struct substitute *who, int state_fd);

#endif
