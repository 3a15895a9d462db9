/*
 * A terminal taken over for a while: another screen, no echo, keys at once;
 * and given back as it was. Context: tool.
 */
#ifndef INQUEST_REPORTER_SCREEN_H
#define INQUEST_REPORTER_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct screen {
    int in_fd, out_fd;
    bool keys; /* in_fd is a terminal */
    struct termios before;
};

/* Standard input and output; output must be a terminal. */
void screen_enter(struct screen *ret_screen);
void screen_leave(const struct screen *screen);

/*
 * Shows text, lines ended by '\n', from the top; what is below the last row
 * or beyond the last column is cut. foot stands in the last row.
 */
void screen_paint(const struct screen *screen, const char *text,
                  const char *foot);

/* Rows of the terminal, at least 1. */
unsigned screen_rows(const struct screen *screen);

#endif
