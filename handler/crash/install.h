/*
 * Puts our handler on the crash signals. Context: guest.
 */
#ifndef INQUEST_HANDLER_INSTALL_H
#define INQUEST_HANDLER_INSTALL_H

/* Records what the program has there (after exec: SIG_DFL or SIG_IGN). */
void install_handlers(void);

/* Gives the kernel the program's own wishes back: we are out of it. */
void install_undo(void);

/*
 * SIGSYS is the program's alone from now on, or ours again: with system call
 * user dispatch each system call of ours would be one more signal.
 */
void install_leave_sigsys(void);
void install_take_sigsys(void);

/* Tells the kernel what stands for the program's wish on one signal. */
void install_one(int signal_number);

#endif
