/*
 * sd_notify(3) for a program behind inquest run: the service manager listens
 * to the process it started, so what the program says is passed on by us, with
 * the descriptors that come along. LISTEN_PID and WATCHDOG_PID, which name us,
 * are made to name the program. Context: tool.
 */
#ifndef INQUEST_REPORTER_NOTIFY_H
#define INQUEST_REPORTER_NOTIFY_H

#include <sys/types.h>

#define NOTIFY_BYTES_MAX    16384
#define NOTIFY_FDS_MAX      253  /* SCM_MAX_FD of the kernel */
#define NOTIFY_MESSAGES_MAX 1024 /* passed on at once */

/*
 * Opens a socket for the program and puts its name into NOTIFY_SOCKET. Returns
 * it, or -1 where no manager listens or nothing can be passed on: then the
 * environment is as before.
 */
int notify_open(void);

/* Puts back what notify_open put into NOTIFY_SOCKET. */
void notify_undo(void);

/* In the child, before exec: pids that were ours are its own now. */
void notify_adopt(pid_t parent);

/*
 * Passes on what waits on the socket; never blocks. The socket's name is open
 * to its network namespace: only the program itself, its user and root count.
 */
void notify_pass_on(int fd, pid_t program);

#endif
