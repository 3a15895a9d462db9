/*
 * What the dumper is asked to do, by its first argument. Each returns an exit
 * status of sysexits.h. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_MODES_H
#define INQUEST_HANDLER_DUMPER_MODES_H

/*
 * crash [PROCESSORS]: the host waits; box and STATE are descriptors 3 and 4.
 * PROCESSORS (cpu_mask_text, NULL: all is well) is where it may run from now
 * on: it was started on the host's.
 */
int mode_crash(const char *processors);

/*
 * detection INDEX | feedback | alarm INDEX: a thread of the host waits and the
 * host lives on; as above.
 */
int mode_live(int argc, char **argv);

/*
 * recover --box FILE --state DIR …: the process is dead. Prints the id of the
 * report that it made, or nothing where there is nothing to tell.
 */
int mode_recover(int argc, char **argv);

/*
 * snapshot --pid N --state DIR [--box FILE] [--do-not-track]: the process
 * stands still while its stacks are read, and goes on. Prints the report's id.
 * EX_NOINPUT: it is not there any more; EX_TEMPFAIL: another one traces it;
 * EX_NOPERM: the kernel refuses; EX_CANTCREAT: the queue does.
 */
int mode_snapshot(int argc, char **argv);

#endif
