/*
 * Where libdw finds split units. It opens .dwo files by the names that their
 * skeletons give, and has no other way in: this program's own open(2), which
 * libdw then calls, answers from a package what is not there as a file, and
 * hides of a file what would confuse libdw (dwo_types.h). Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_SPLIT_OPEN_H
#define INQUEST_SYMBOLICATE_WORKER_SPLIT_OPEN_H

#include "symbolicate/worker/dwp.h"

/*
 * From now on what this thread opens is a .dwo file; where it is not there it
 * is the unit of this id. dwp NULL: then opening fails as it did.
 */
void split_open_from(const struct dwp *dwp, uint64_t id);
void split_open_end(void);

#endif
