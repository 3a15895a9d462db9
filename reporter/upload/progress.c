/* The progress line. Context: tool. */
#include "reporter/upload/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/compiler.h"
#include "reporter/show/terminal.h"

#define WIDTH_MIN  10
#define BAR_MAX    40
#define BAR_MIN    8
#define TEXT_BYTES 128

static bool visible; /* a line is on the terminal */

/* "1:05", "2:03:04". */
static void put_time(char *text, size_t size, int64_t seconds)
{
    if (seconds >= 3600) {
        (void)snprintf(text, size, "%d:%02d:%02d", (int)(seconds / 3600),
                       (int)(seconds / 60 % 60), (int)(seconds % 60));
    } else {
        (void)snprintf(text, size, "%d:%02d", (int)(seconds / 60),
                       (int)(seconds % 60));
    }
}

/* " 120 of 1000 reports, 0:23 left" */
static void put_text(const struct progress *progress, int64_t now_ms,
                     char text[TEXT_BYTES])
{
    int64_t spent_ms = now_ms - progress->begin_ms;
    char left[32];

    int size = snprintf(text, TEXT_BYTES, "%zu of %zu %.40s", progress->done,
                        progress->total, progress->what);
    if (progress->done == 0 || progress->done >= progress->total)
        return;
    size_t rest = progress->total - progress->done;
    put_time(left, sizeof left,
             spent_ms * (int64_t)rest / (int64_t)progress->done / 1000);
    (void)snprintf(text + size, TEXT_BYTES - (size_t)size, ", %s left", left);
}

void progress_line(const struct progress *progress, unsigned width,
                   int64_t now_ms, char ret_line[PROGRESS_LINE_BYTES])
{
    char text[TEXT_BYTES];
    char bar[BAR_MAX + 1];
    size_t room = (width < WIDTH_MIN ? WIDTH_MIN : width) - 1;

    put_text(progress, now_ms, text);
    size_t used = strlen(text);
    size_t bar_size = room > used + 3 ? room - used - 3 : 0; /* "[] " */
    if (bar_size > BAR_MAX)
        bar_size = BAR_MAX;
    if (bar_size < BAR_MIN) {
        (void)snprintf(ret_line, PROGRESS_LINE_BYTES, "%.*s", (int)room, text);
        return;
    }
    size_t filled =
        progress->total > 0 ? bar_size * progress->done / progress->total : 0;
    memset(bar, '#', filled);
    memset(bar + filled, '.', bar_size - filled);
    bar[bar_size] = '\0';
    (void)snprintf(ret_line, PROGRESS_LINE_BYTES, "[%s] %s", bar, text);
}

static int64_t now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time); /* cannot fail */
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void progress_start(struct progress *progress, const char *what, size_t total,
                    bool wanted)
{
    const char *term = getenv("TERM");
    bool shown =
        wanted && isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;

    *progress = (struct progress){
        .what = shown ? what : NULL,
        .total = total,
        .begin_ms = now(),
    };
}

void progress_step(struct progress *progress)
{
    char line[PROGRESS_LINE_BYTES];
    char drawn[PROGRESS_LINE_BYTES + 8];
    int64_t now_ms = now();

    progress->done++;
    if (!progress->what || now_ms - progress->begin_ms < PROGRESS_DELAY_MS ||
        now_ms - progress->drawn_ms < PROGRESS_PAUSE_MS)
        return;
    progress->drawn_ms = now_ms;
    progress_line(progress, terminal_width(STDERR_FILENO), now_ms, line);
    int size = snprintf(drawn, sizeof drawn, "\r%s\033[K", line);
    DROP(write(STDERR_FILENO, drawn, (size_t)size)); /* only for show */
    visible = true;
}

void progress_end(struct progress *progress)
{
    progress_hide();
    progress->what = NULL;
}

void progress_hide(void)
{
    static const char clear[] = "\r\033[K";

    if (!visible)
        return;
    visible = false;
    DROP(write(STDERR_FILENO, clear, sizeof clear - 1)); /* only for show */
}
