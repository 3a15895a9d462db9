/* inquest list: the reports on this machine. Context: tool. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "reporter/app/app_fill.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/show/headline.h"
#include "reporter/show/json_text.h"
#include "reporter/show/terminal.h"
#include "reporter/state_file.h"

#define ROW_BYTES      512
#define NARROW_COLUMNS 100
#define YEAR_BYTES     5 /* "2026-" */

struct list {
    const struct home *home;
    const char *app;
    const char *kind;
    int64_t since_ms;
    json_t *array; /* for --json; NULL: a table */
    bool ids;      /* --ids */
    size_t printed;
    size_t id_width; /* of the table's first column */
    size_t columns;  /* of a terminal; SIZE_MAX: not one */
};

static bool wanted(const struct list *list, const Inquest__V1__Report *report)
{
    if (list->app && strcmp(list->app, headline_app(report)) != 0)
        return false;
    if (list->kind && strcasecmp(list->kind, headline_kind(report)) != 0)
        return false;
    return report->time >= list->since_ms;
}

static bool kind_known(const char *name)
{
    const ProtobufCEnumDescriptor *kinds = &inquest__v1__kind__descriptor;

    for (unsigned i = 0; i < kinds->n_value_names; i++) {
        if (strcasecmp(kinds->values_by_name[i].name, name) == 0)
            return true;
    }
    return false;
}

static const char *state_text(enum queue_place place)
{
    return place == QUEUE_SENT   ? "sent"
           : place == QUEUE_BAD  ? "refused"
           : place == QUEUE_BUSY ? "sending"
                                 : "waiting";
}

static void add_json(struct list *list, const struct stored_report *item,
                     const Inquest__V1__Report *report)
{
    char time[CLOCK_TEXT_BYTES];
    char cause[HEADLINE_BYTES];

    clock_text(report->time, time);
    headline_cause(report, cause);
    json_array_append_new(list->array,
                          json_pack("{s:s,s:s,s:s,s:s*,s:s*,s:s}", "reportId",
                                    item->id, "kind", headline_kind(report),
                                    "time", time, "app", headline_app(report),
                                    "cause", cause[0] ? cause : NULL, "state",
                                    state_text(item->place)));
}

/* One line, cut to the terminal, to which foreign names give no orders. */
static void print_cut(const struct list *list, char *row)
{
    headline_make_printable(row);
    printf("%.*s\n", (int)terminal_fit(row, list->columns), row);
}

/* Too narrow for all columns and something of the cause. */
static bool is_narrow(const struct list *list)
{
    return list->columns < NARROW_COLUMNS;
}

static void print_head(const struct list *list)
{
    char row[ROW_BYTES];
    int width = (int)list->id_width;

    if (is_narrow(list)) {
        (void)snprintf(row, sizeof row, "%-*s  %-11s  %-7s  %s", width, "ID",
                       "TIME", "STATE", "WHAT");
    } else {
        (void)snprintf(row, sizeof row, "%-*s  %-16s  %-11s  %-7s  %-16s  %s",
                       width, "ID", "TIME", "KIND", "STATE", "APP", "CAUSE");
    }
    print_cut(list, row);
}

static void print_row(struct list *list, const char *id, size_t size,
                      const Inquest__V1__Report *report, const char *state)
{
    char when[32];
    char cause[HEADLINE_BYTES];
    char row[ROW_BYTES];
    time_t seconds = (time_t)(report->time / 1000);
    struct tm parts;
    int width = (int)list->id_width;

    if (list->printed++ == 0)
        print_head(list);
    localtime_r(&seconds, &parts);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M", &parts);
    if (is_narrow(list)) {
        headline_write(report, cause);
        (void)snprintf(row, sizeof row, "%-*.*s  %s  %-7s  %s", width,
                       (int)size, id, when + YEAR_BYTES, state, cause);
    } else {
        headline_cause(report, cause);
        (void)snprintf(row, sizeof row, "%-*.*s  %s  %-11s  %-7s  %-16.16s  %s",
                       width, (int)size, id, when, headline_kind(report), state,
                       headline_app(report), cause);
    }
    print_cut(list, row);
}

/* Of a sealed one there is what its name tells. */
static void print_sealed(struct list *list, const struct reports *reports,
                         size_t index)
{
    const struct stored_report *item = &reports->items[index];
    int64_t time_ms = (int64_t)reports_id_time_ms(item->id);
    time_t seconds = (time_t)(time_ms / 1000);
    char when[32];
    char row[ROW_BYTES];
    struct tm parts;

    if (list->app || list->kind || time_ms < list->since_ms)
        return;
    if (list->ids) {
        puts(item->id);
        list->printed++;
        return;
    }
    if (list->printed++ == 0)
        print_head(list);
    localtime_r(&seconds, &parts);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M", &parts);
    (void)snprintf(row, sizeof row, "%-*.*s  %s  %s%-7s  %s",
                   (int)list->id_width, (int)reports_short(reports, index),
                   item->id, is_narrow(list) ? when + YEAR_BYTES : when,
                   is_narrow(list) ? "" : "SEALED       ",
                   state_text(item->place), err_text(-ERR_SEALED));
    print_cut(list, row);
}

/* A torn one is there too, with what its name tells. */
static void take_unreadable(struct list *list, const struct stored_report *item,
                            int r)
{
    int64_t time_ms = (int64_t)reports_id_time_ms(item->id);
    char time[CLOCK_TEXT_BYTES];

    if (list->app || list->kind || time_ms < list->since_ms)
        return;
    clock_text(time_ms, time);
    if (list->array) {
        json_array_append_new(
            list->array,
            json_pack("{s:s,s:s,s:s,s:s,s:s}", "reportId", item->id, "kind",
                      "KIND_UNSPECIFIED", "time", time, "state",
                      state_text(item->place), "error", err_text(r)));
    } else {
        log_warn("report %s (%s) cannot be read: %s", item->id,
                 state_text(item->place), err_text(r));
    }
}

static void take(struct list *list, const struct reports *reports, size_t index)
{
    const struct stored_report *item = &reports->items[index];
    OWNED_REPORT *report = NULL;

    int r = reports_load(&list->home->queue, item->id, &report);
    if (r == -ERR_SEALED && !list->array) {
        print_sealed(list, reports, index);
        return;
    }
    if (r < 0) {
        take_unreadable(list, item, r);
        return;
    }
    app_fill(list->home, report);
    if (!wanted(list, report))
        return;
    if (list->array) {
        add_json(list, item, report);
    } else if (list->ids) {
        puts(item->id);
        list->printed++;
    } else {
        print_row(list, item->id, reports_short(reports, index), report,
                  state_text(item->place));
    }
}

static int print(struct list *list)
{
    OWNED_REPORTS reports = {0};

    int r = reports_list(&list->home->queue, &reports);
    if (r < 0) {
        log_error("cannot read the queue in %s: %s", list->home->state_path,
                  err_text(r));
        return exit_status(r);
    }
    for (size_t i = 0; i < reports.count; i++) {
        size_t size = reports_short(&reports, i);
        list->id_width = size > list->id_width ? size : list->id_width;
    }
    for (size_t i = 0; i < reports.count; i++)
        take(list, &reports, i);
    if (list->array) {
        json_text_print(list->array, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (list->printed == 0) {
        bool all = !list->app && !list->kind && list->since_ms == INT64_MIN;
        log_info("no reports %sin %s", all ? "" : "of this kind ",
                 list->home->state_path);
    }
    return EX_OK;
}

int cmd_list(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    const char *since = option_value(invocation, "since");
    struct list list = {
        .home = &home,
        .app = option_value(invocation, "app"),
        .kind = option_value(invocation, "kind"),
        .ids = option_given(invocation, "ids"),
        .since_ms = INT64_MIN,
        .columns =
            isatty(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO) : SIZE_MAX,
    };

    if (since && clock_parse(since, &list.since_ms) < 0) {
        log_error("--since wants a time in UTC like 2026-11-24 or "
                  "2026-11-24T11:00:00");
        return EX_USAGE;
    }
    if (list.kind && !kind_known(list.kind)) {
        log_error("--kind wants CRASH, TERMINATION, MEMORY_ALARM, SNAPSHOT, "
                  "DETECTION, FEEDBACK or another kind of the schema");
        return EX_USAGE;
    }
    int status = command_home(&home);
    if (status != 0)
        return status;
    if (option_given(invocation, "json"))
        list.array = json_array();
    status = print(&list);
    json_decref(list.array);
    return status;
}
