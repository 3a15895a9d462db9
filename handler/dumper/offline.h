/*
 * Memory of a process that is gone: its copied stack, then the files it had
 * mapped. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_OFFLINE_H
#define INQUEST_HANDLER_DUMPER_OFFLINE_H

#include "handler/dumper/target.h"

#define OFFLINE_PAGE_BYTES 4096

/*
 * Fills page[OFFLINE_PAGE_BYTES] with what was at address (a page's) in
 * target->box's process. Bytes that were not copied are zero. False: nothing
 * is known of this page, or its file is another one now. A page that the
 * process may have written is as the file has it: call frame information
 * points there (personality routines), and needs no more than that it exists.
 */
bool offline_page(const struct target *target, uint64_t address, uint8_t *page);

#endif
