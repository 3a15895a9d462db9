/*
 * The lock of those who write what the program told: its own threads by the
 * API, and the sampler that wipes what was denied. It is held for a copy; a
 * crash inside leaves one torn record, which readers skip. A lock of another
 * pid was copied by fork from a thread that the child does not have: it counts
 * as free. Not recursive. Context: any.
 */
#ifndef INQUEST_HANDLER_BOX_LOCK_H
#define INQUEST_HANDLER_BOX_LOCK_H

void box_lock(void);
void box_unlock(void);

#endif
