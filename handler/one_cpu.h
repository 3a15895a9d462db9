/*
 * A thread, and whom it starts meanwhile, on the processor that it runs on now.
 * Another, idle one costs what it takes to wake it (50 us in a virtual
 * machine), and whoever shares memory with it an interrupt for each page that
 * is copied. Context: any.
 */
#ifndef INQUEST_HANDLER_ONE_CPU_H
#define INQUEST_HANDLER_ONE_CPU_H

#include <stdbool.h>

#include "proto/base/cpu_mask.h"

struct one_cpu {
    struct cpu_mask before; /* where it could run, if held */
    bool held;
};

/*
 * The calling thread stays where it is. Not held: a seccomp filter is there,
 * and some kill whoever asks for another processor (systemd's ~@resources), or
 * how one is scheduled; one of real time, which lets no other run there; or the
 * kernel refuses.
 */
void one_cpu_hold(struct one_cpu *ret_place);

/* The calling thread, which may have been started meanwhile, is free again. */
void one_cpu_release(const struct one_cpu *place);

#endif
