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

/* Whether none but the calling thread runs any more; threads: how many the
 * process has, among them a main thread that has ended. */
bool last_thread_is_left(unsigned threads);

/* How the main thread ended, as waitpid would say it; stat: of the process. 0:
 * not known. */
int last_thread_status(const struct proc_file *stat);

/* Ends the calling thread so that this is the status of the process. */
_Noreturn void last_thread_end(int status);

#endif
