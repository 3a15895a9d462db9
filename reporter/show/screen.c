/* Control sequences of xterm, which others understand too. Context: tool. */
#include "reporter/show/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "proto/base/io.h"

#define ROWS_DEFAULT 24

/* Other screen, no cursor, lines cut at the edge; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

static void put(const struct screen *screen, const char *text)
{
    DROP(io_write_all(screen->out_fd, text, strlen(text))); /* it is gone */
}

void screen_enter(struct screen *ret_screen)
{
    struct screen screen = {.in_fd = STDIN_FILENO, .out_fd = STDOUT_FILENO};

    screen.keys =
        isatty(screen.in_fd) && tcgetattr(screen.in_fd, &screen.before) == 0;
    if (screen.keys) {
        struct termios now = screen.before;
        now.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
        now.c_cc[VMIN] = 1;
        now.c_cc[VTIME] = 0;
        (void)tcsetattr(screen.in_fd, TCSANOW, &now); /* else keys wait */
    }
    put(&screen, ENTER);
    *ret_screen = screen;
}

void screen_leave(const struct screen *screen)
{
    put(screen, LEAVE);
    if (screen->keys) /* nothing to be done when it fails */
        (void)tcsetattr(screen->in_fd, TCSAFLUSH, &screen->before);
}

unsigned screen_rows(const struct screen *screen)
{
    struct winsize size = {0};

    return ioctl(screen->out_fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0
               ? size.ws_row
               : ROWS_DEFAULT;
}

void screen_paint(const struct screen *screen, const char *text,
                  const char *foot)
{
    unsigned rows = screen_rows(screen);
    char *painted = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&painted, &size);

    if (!out)
        return;
    fputs("\033[H", out);
    for (unsigned row = 1; row < rows && *text != '\0'; row++) {
        size_t length = strcspn(text, "\n");
        fwrite(text, 1, length, out);
        fputs("\033[K\r\n", out);
        text += length + (text[length] == '\n');
    }
    fprintf(out, "\033[J\033[%u;1H\033[7m%s\033[0m\033[K", rows, foot);
    if (fclose(out) == 0)
        put(screen, painted);
    free(painted);
}
