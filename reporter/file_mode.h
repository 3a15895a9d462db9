/*
 * The umask of our own processes: a program may be started under one that
 * takes the owner's rights away, and what we kept then would be lost to us too.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_FILE_MODE_H
#define INQUEST_REPORTER_FILE_MODE_H

/* From now on files that we make are their owner's to use; once, in main. */
void file_mode_keep_owner(void);

/* As it was, for the program of somebody else that is about to be exec'd. */
void file_mode_restore(void);

#endif
