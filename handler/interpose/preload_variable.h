/*
 * Our name in LD_PRELOAD, which the programs that this one becomes or starts
 * inherit. Their loader complains on stderr where it cannot open the library:
 * in another root directory, as another user. Context: guest.
 */
#ifndef INQUEST_HANDLER_PRELOAD_VARIABLE_H
#define INQUEST_HANDLER_PRELOAD_VARIABLE_H

/*
 * Takes our name out of environ where this process cannot read the library any
 * more; what else is preloaded stays. Nothing happens where the memory is
 * another process's, too (vfork), beside threads of the program, and in its
 * sandbox. Keeps errno; async-signal-safe.
 */
void preload_variable_check(void);

#endif
