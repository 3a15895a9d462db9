/*
 * The end of a process whose threads were ended one by one, by a filter that
 * kills the thread alone or by the bare exit call: it ends with its last one,
 * and that is ours. Context: guest.
 */
#ifndef INQUEST_HANDLER_LAST_THREAD_H
#define INQUEST_HANDLER_LAST_THREAD_H

#include <stdbool.h>

#include "handler/sampler/proc_file.h"

/* Before the sampler starts; notes where the kernel tells that the main thread
 * has ended, if that is who calls. */
void last_thread_prepare(void);

/* Whether none but the calling thread may run any more, asked of each sample;
 * threads: how many the process had then, an ended main thread among them. */
bool last_thread_seems_left(unsigned threads);

/*
 * Whether it is so, by what the kernel says now (a thread that main started
 * since then is not in the sample), and how the main thread ended, as waitpid
 * would say it. stat: of the process.
 */
bool last_thread_is_left(const struct proc_file *stat, int *ret_status);

/* Ends the calling thread so that this is the status of the process. */
_Noreturn void last_thread_end(int status);

#endif
