/*
 * One processor (one_cpu.h) for those who work one after the other: host,
 * middle process and dumper wait for each other.
 *
 * The thread that crashed is held where it runs while it starts the others, who
 * inherit that; the dumper lets itself go by the text that it is given, as soon
 * as it is there. Context: crash.
 */
#ifndef INQUEST_HANDLER_CRASH_CPU_H
#define INQUEST_HANDLER_CRASH_CPU_H

/*
 * Returns cpu_mask_text of where the thread could run; NULL: it stays so.
 * Static storage, for one crash at a time.
 */
const char *crash_cpu_hold(void);

/* Back to what it was. */
void crash_cpu_release(void);

#endif
