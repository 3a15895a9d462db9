/*
 * Which of the fault signals a thread believes it has blocked, while the
 * kernel has them unblocked. Context: any.
 */
#ifndef INQUEST_HANDLER_HOST_MASK_H
#define INQUEST_HANDLER_HOST_MASK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* SEGV BUS FPE ILL TRAP SYS; SIGABRT stays as the program wants it. */
uint64_t host_mask_faults(void);

uint64_t host_mask_bits(const sigset_t *set);
void host_mask_from_bits(sigset_t *set, uint64_t bits);

/* Of the calling thread. */
uint64_t host_mask_believed(void);
void host_mask_set_believed(uint64_t bits);

#endif
