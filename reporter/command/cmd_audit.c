/* inquest audit: the log of what was consented to and sent. Context: tool. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* -ENOENT: there is no such file. */
static int print_file(const struct home *home, const char *name, bool as_json)
{
    char line[AUDIT_LINE_MAX + 2];
    OWNED_FD fd = state_open(home->state_fd, name, O_RDONLY);

    if (fd < 0)
        return fd;
    FILE *file = fdopen(fd, "r");
    if (!file)
        return -errno;
    (void)fd_take(&fd); /* the stream's now */
    bool terminal = isatty(STDOUT_FILENO);
    while (fgets(line, sizeof line, file))
        print_line(line, as_json, terminal);
    int r = ferror(file) ? -EIO : 0;
    (void)fclose(file); /* read only */
    return r;
}

static int print(const struct home *home, bool as_json)
{
    char name[AUDIT_NAME_BYTES];
    struct audit_files older;

    int r = audit_files_list(home->state_fd, &older);
    for (size_t i = 0; r == 0 && i < older.count; i++) {
        audit_files_name(older.last[i], name);
        r = print_file(home, name, as_json);
    }
    if (r == 0)
        r = print_file(home, AUDIT_FILE, as_json);
    if (r == -ENOENT && older.count == 0) {
        log_info("nothing was consented to, sent or deleted yet");
        return EX_OK;
    }
    if (r == 0 || r == -ENOENT) /* an older one was made of it just now */
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
