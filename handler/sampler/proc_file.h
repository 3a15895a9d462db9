/*
 * A file of the kernel's that stays open between samples. The program may
 * close our descriptor and get its number for a file of its own, so device and
 * inode are remembered: what is not ours any more is neither read for long nor
 * ever closed. Context: guest.
 */
#ifndef INQUEST_HANDLER_PROC_FILE_H
#define INQUEST_HANDLER_PROC_FILE_H

#include <stddef.h>
#include <stdint.h>

#define PROC_FILE_TEXT_BYTES 8192 /* /proc/vmstat has 5 KB */

/* {0} holds nothing. */
struct proc_file {
    int fd;    /* above FD_ABOVE; 0: none */
    int error; /* errno of the last attempt to open it, 0: it went well */
    uint64_t device;
    uint64_t inode;
};

/* Opens path below root ("" for the machine's own). See error for failure. */
void proc_file_open(struct proc_file *file, const char *root, const char *path);

/* Closes the descriptor if it is still ours; error stays. */
void proc_file_close(struct proc_file *file);

/* Gives up a descriptor that is not ours any more. */
void proc_file_check(struct proc_file *file);

/* The same, and opens it again where it is gone or never came. */
void proc_file_keep(struct proc_file *file, const char *root, const char *path);

/* Why there is none, for box_sampler.error: an errno, 0 for no reason. */
uint16_t proc_file_error(const struct proc_file *file);

/*
 * The file from its start, cut at capacity - 1 bytes and ended by NUL; returns
 * its size, 0 when there is none.
 */
size_t proc_file_read(const struct proc_file *file, char *text,
                      size_t capacity);

#endif
