/* inquest audit: the log of what was consented to and sent. Context: tool. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/state_open.h"
#include "reporter/command/commands.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/audit_files.h"
#include "reporter/log.h"
#include "reporter/show/headline.h"
#include "reporter/show/json_text.h"
#include "reporter/show/terminal.h"
#include "reporter/state_file.h"

#define DETAIL_COLUMN 38 /* behind number, time and event */

static int verify(const struct home *home, bool as_json)
{
    uint64_t lines = 0;

    int r = audit_verify(home->state_fd, &lines);
    if (as_json) {
        printf("{\"whole\": %s, \"lines\": %lu}\n", r == 0 ? "true" : "false",
               (unsigned long)lines);
    }
    if (r == -ERR_TORN) {
        log_error("%s/%s is not what was written: line %lu or the end behind "
                  "it was changed",
                  home->state_path, AUDIT_FILE, (unsigned long)lines + 1);
    } else if (r < 0) {
        log_error("cannot read %s/%s: %s", home->state_path, AUDIT_FILE,
                  err_text(r));
    } else if (!as_json) {
        printf("%lu lines, all that are kept as they were written\n",
               (unsigned long)lines);
    }
    return exit_status(r);
}

/* "SEQUENCE TIME EVENT DETAIL… HASH" as an object on one line. */
static void print_json(char *line)
{
    char *hash = strrchr(line, ' ');
    char *rest = line;
    const char *sequence = strsep(&rest, " ");
    const char *time = strsep(&rest, " ");
    const char *event = strsep(&rest, " ");

    if (!rest || !hash || hash + 1 <= rest)
        return; /* verify says so */
    *hash = '\0';
    json_t *json =
        json_pack("{s:I,s:s,s:s,s:s,s:s}", "sequence",
                  (json_int_t)strtoull(sequence, NULL, 10), "time", time,
                  "event", event, "detail", rest, "hash", hash + 1);
    if (json) {
        json_text_print(json, stdout, JSON_COMPACT);
        putchar('\n');
    }
    json_decref(json);
}

/* For a person: local time, and without the hash, which verify checks. */
static void print_terminal(char *line, unsigned width)
{
    headline_make_printable(line);
    char *hash = strrchr(line, ' ');
    char *rest = line;
    const char *sequence = strsep(&rest, " ");
    const char *time_text = strsep(&rest, " ");
    const char *event = strsep(&rest, " ");
    int64_t time_ms = 0;
    char local[32];
    struct tm parts;

    if (!rest || !hash || hash < rest || clock_parse(time_text, &time_ms) < 0) {
        printf("not a line of the log: %s\n", line);
        return;
    }
    *hash = '\0';
    time_t seconds = (time_t)(time_ms / 1000);
    localtime_r(&seconds, &parts);
    strftime(local, sizeof local, "%Y-%m-%d %H:%M:%S", &parts);
    printf("%4s  %s  %-10s ", sequence, local, event);
    terminal_wrap(stdout, rest, DETAIL_COLUMN, width);
}

static void print_line(char *line, bool as_json, bool terminal)
{
    if (!as_json && !terminal) {
        fputs(line, stdout);
        return;
    }
    line[strcspn(line, "\n")] = '\0';
    if (as_json) {
        print_json(line);
    } else {
        print_terminal(line, terminal_width(STDOUT_FILENO));
    }
}

/* Takes fd. */
static int print_lines(int *fd, bool as_json)
{
    char line[AUDIT_LINE_MAX + 2];
    FILE *file = fdopen(*fd, "r");

    if (!file)
        return -errno;
    (void)fd_take(fd); /* the stream's now */
    bool terminal = isatty(STDOUT_FILENO);
    while (fgets(line, sizeof line, file))
        print_line(line, as_json, terminal);
    int r = ferror(file) ? -EIO : 0;
    (void)fclose(file); /* read only */
    return r;
}

static bool is_same_file(int fd, int other_fd)
{
    struct stat status;
    struct stat other;

    return fstat(fd, &status) == 0 && fstat(other_fd, &other) == 0 &&
           status.st_dev == other.st_dev && status.st_ino == other.st_ino;
}

/*
 * Those before the file open as newest_fd (-ENOENT: there was none), which may
 * be an older one itself by now. What is gone was given up, as a line says.
 */
static int print_older(const struct home *home, const struct audit_files *older,
                       int newest_fd, bool as_json)
{
    char name[AUDIT_NAME_BYTES];
    int r = 0;

    for (size_t i = 0; r == 0 && i < older->count; i++) {
        audit_files_name(older->last[i], name);
        OWNED_FD fd = state_open(home->state_fd, name, O_RDONLY);
        if (fd == -ENOENT)
            continue;
        if (fd < 0)
            return fd;
        if (newest_fd >= 0 && is_same_file(fd, newest_fd))
            break;
        r = print_lines(&fd, as_json);
    }
    return r;
}

static int print(const struct home *home, bool as_json)
{
    struct audit_files older;
    /* Before the list is read: who writes may make an older one of it. */
    OWNED_FD newest_fd = state_open(home->state_fd, AUDIT_FILE, O_RDONLY);

    int r = audit_files_list(home->state_fd, &older);
    if (r == 0 && newest_fd == -ENOENT && older.count == 0) {
        log_info("nothing was consented to, sent or deleted yet");
        return EX_OK;
    }
    if (r == 0)
        r = print_older(home, &older, newest_fd, as_json);
    if (r == 0 && newest_fd != -ENOENT)
        r = newest_fd < 0 ? newest_fd : print_lines(&newest_fd, as_json);
    if (r == 0)
        return EX_OK;
    log_error("cannot read %s/%s: %s", home->state_path, AUDIT_FILE,
              err_text(r));
    return EX_IOERR;
}

int cmd_audit(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    const char *verb = operand(invocation, 0);
    bool as_json = option_given(invocation, "json");

    if (verb && strcmp(verb, "verify") != 0) {
        log_error("audit knows only verify");
        return EX_USAGE;
    }
    int status = command_home(&home);
    if (status != 0)
        return status;
    return verb ? verify(&home, as_json) : print(&home, as_json);
}
