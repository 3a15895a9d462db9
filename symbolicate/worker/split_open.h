/*
 * Where libdw finds split units. It opens .dwo files by the names that their
 * skeletons give, and has no other way in: this program's own open(2), which
 * libdw then calls, answers from a package what is not there as a file.
 * Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_SPLIT_OPEN_H
#define INQUEST_SYMBOLICATE_WORKER_SPLIT_OPEN_H

#include "symbolicate/worker/dwp.h"

/*
 * From now on this thread's opens of files that are not there answer with the
 * unit of this id; dwp NULL: they fail as they did.
 */
void split_open_from(const struct dwp *dwp, uint64_t id);

#endif
