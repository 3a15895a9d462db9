/* Drawing again and again. Context: tool. */
#include "reporter/watch/memory_live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "reporter/chart/text_memory.h"
#include "reporter/show/screen.h"
#include "reporter/show/terminal.h"
#include "reporter/watch/child.h"
#include "reporter/watch/live_report.h"

#define PERIOD_MS     1000
#define OTHER_ROWS    20 /* what stands around the chart */
#define ROWS_MIN      6
#define ROWS_MAX      24
#define MS_PER_MINUTE INT64_C(60000)

static const char foot[] = " q ends   1: 10 minutes   2: 2 hours   3: all ";

struct live {
    struct watched *watched;
    struct text_style style;
    struct screen screen;
    int64_t span_ms; /* of the history that is shown */
    bool ended;      /* the process */
    bool quit;       /* the person */
};

static int draw(struct live *live, FILE *out)
{
    OWNED_HISTORY history = {0};
    json_t *report = NULL;

    watched_refresh(live->watched);
    int r = live_report(live->watched->box, &report);
    if (r < 0)
        return r;
    if (live->ended) /* how, others find out */
        (void)json_object_set_new(report, "termination", json_object());
    r = history_read(report, &history);
    if (r == 0) {
        struct history_span span = history_last(&history, live->span_ms);
        text_memory_write(report, &span, &live->style, out);
    }
    json_decref(report);
    return r;
}

static void paint(struct live *live)
{
    unsigned rows = screen_rows(&live->screen);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return;
    live->style.width = terminal_width(STDOUT_FILENO);
    live->style.rows =
        rows > OTHER_ROWS + ROWS_MIN ? rows - OTHER_ROWS : ROWS_MIN;
    if (live->style.rows > ROWS_MAX)
        live->style.rows = ROWS_MAX;
    int r = draw(live, out);
    if (fclose(out) == 0 && r == 0)
        screen_paint(&live->screen, text, foot);
    free(text);
}

static void on_key(struct live *live)
{
    char key = 'q'; /* the end of the input too */

    if (read(STDIN_FILENO, &key, 1) < 0 && errno == EINTR)
        return;
    if (key == '1')
        live->span_ms = 10 * MS_PER_MINUTE;
    if (key == '2')
        live->span_ms = 120 * MS_PER_MINUTE;
    if (key == '3')
        live->span_ms = INT64_MAX / 2;
    live->quit = key == 'q' || key == 'Q';
}

/* ^Z: the terminal back, and stop as one ought to. */
static void suspend(struct live *live)
{
    screen_leave(&live->screen);
    (void)raise(SIGSTOP);
    screen_enter(&live->screen);
}

static void on_signal(struct live *live, int signal_fd)
{
    struct signalfd_siginfo info;

    if (read(signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (info.ssi_signo == SIGTSTP) {
        suspend(live);
    } else if (info.ssi_signo != SIGWINCH) {
        live->quit = true;
    }
}

static void watch(struct live *live, int signal_fd, int pid_fd)
{
    struct pollfd fds[] = {
        {signal_fd, POLLIN, 0},
        {pid_fd, POLLIN, 0},
        {live->screen.keys ? STDIN_FILENO : -1, POLLIN, 0},
    };

    while (!live->quit && !live->ended) {
        paint(live);
        if (poll(fds, ARRAY_LENGTH(fds), PERIOD_MS) <= 0)
            continue;
        if (fds[0].revents)
            on_signal(live, signal_fd);
        if (fds[1].revents)
            live->ended = true;
        if (fds[2].revents)
            on_key(live);
    }
}

/* A descriptor for the signals that end, stop or resize; they are blocked. */
static int open_signals(sigset_t *ret_before)
{
    static const int numbers[] = {SIGINT,  SIGTERM,  SIGHUP,
                                  SIGQUIT, SIGWINCH, SIGTSTP};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        sigaddset(&set, numbers[i]);
    if (sigprocmask(SIG_BLOCK, &set, ret_before) < 0)
        return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int memory_live(struct watched *watched, const struct text_style *style)
{
    struct live live = {
        .watched = watched, .style = *style, .span_ms = 10 * MS_PER_MINUTE};
    sigset_t before;
    OWNED_FD pid_fd = pidfd_open(watched->pid, 0);

    if (pid_fd < 0)
        return -errno;
    if (!process_lives(watched->pid, watched->start_ticks))
        return -ESRCH; /* between the look at its box and now */
    OWNED_FD signal_fd = open_signals(&before);
    if (signal_fd < 0)
        return signal_fd;
    screen_enter(&live.screen);
    watch(&live, signal_fd, pid_fd);
    screen_leave(&live.screen);
    (void)sigprocmask(SIG_SETMASK, &before, NULL); /* as it was */
    live.style.rows = style->rows;
    live.style.width = terminal_width(STDOUT_FILENO);
    return draw(&live, stdout);
}
