/* Name, version, upgrade status. Context: tool. */
#include "reporter/app/app_fill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/fmt.h"
#include "reporter/app/app_history.h"

/* Without memory it stays as it was: a reader misses a name, no more. */
static void set_string(char **field, const char *value)
{
    DROP(report_set_string(field, value));
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* The build-id of the first module, the executable; "" where not known. */
static void build_id_of(const Inquest__V1__Report *report,
                        char ret_id[APP_BUILD_ID_BYTES])
{
    struct text text = text_init(ret_id, APP_BUILD_ID_BYTES);
    const char *path = report->process->executable;

    for (size_t i = 0; i < report->n_modules; i++) {
        const Inquest__V1__Module *module = report->modules[i];
        if (strcmp(module->path, path) != 0)
            continue;
        for (size_t j = 0; j < module->build_id.len && j < 64; j++)
            text_append_hex(&text, module->build_id.data[j], 2);
        return;
    }
}

/* Whether the file at its path is still what ran. */
static bool is_what_ran(const Inquest__V1__Report *report, const char *ran_id,
                        const struct app_identity *identity)
{
    struct stat status;

    if (*ran_id != '\0' && identity->build_id[0] != '\0')
        return strcmp(ran_id, identity->build_id) == 0;
    return stat(report->process->executable, &status) == 0 &&
           (int64_t)status.st_ctim.tv_sec * 1000 <= report->process->start_time;
}

static void fill_identity(const struct home *home, Inquest__V1__Report *report)
{
    Inquest__V1__App *app = report->app;
    const char *path = report->process ? report->process->executable : "";
    struct app_identity identity;
    char ran_id[APP_BUILD_ID_BYTES] = "";

    if (*path == '\0')
        return;
    build_id_of(report, ran_id);
    if (*app->build_id == '\0' && *ran_id != '\0')
        set_string(&app->build_id, ran_id);
    if (*app->version != '\0' ||
        app_identity_of(home->state_fd, path, &identity) < 0 ||
        identity.source == APP_BY_FILE ||
        !is_what_ran(report, ran_id, &identity))
        return;
    set_string(&app->version, identity.version);
    if (strcmp(app->name, file_name(path)) == 0) /* nobody named it */
        set_string(&app->name, identity.name);
}

static void fill_upgrade(const struct home *home, Inquest__V1__Report *report)
{
    static struct app_history history;
    Inquest__V1__App *app = report->app;
    char previous[APP_VERSION_BYTES];
    int64_t start_ms = report->process ? report->process->start_time : 0;

    if (start_ms == 0 || *app->name == '\0' || *app->version == '\0' ||
        app->upgrade_status != 0)
        return;
    app_history_read(home->state_fd, app->name, &history);
    /* Of a program that named itself the report alone tells that it ran. */
    if (!history.supervised &&
        app_history_note(&history, app->version, start_ms))
        DROP(app_history_write(home->state_fd, &history)); /* told again */
    enum app_upgrade status =
        app_history_status(&history, app->version, start_ms, previous);
    app->upgrade_status = (Inquest__V1__UpgradeStatus)status;
    if (*previous != '\0')
        set_string(&app->previous_version, previous);
}

void app_fill(const struct home *home, Inquest__V1__Report *report)
{
    if (!report->app)
        return;
    fill_identity(home, report);
    fill_upgrade(home, report);
}

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%.*s", (int)size - 1, from);
}

int app_started(const struct home *home, const struct app_said *said,
                int64_t start_ms, struct app_identity *ret_app)
{
    static struct app_history history;
    struct app_identity app = {0};

    int r = app_identity_of(home->state_fd, said->path, &app);
    if (r < 0 && (!said->name || !said->version))
        return r;
    if (said->name)
        copy(app.name, sizeof app.name, said->name);
    if (said->version)
        copy(app.version, sizeof app.version, said->version);
    *ret_app = app;
    if (app.version[0] == '\0')
        return 0; /* a file without a version has no upgrades */
    app_history_read(home->state_fd, app.name, &history);
    if (!app_history_note(&history, app.version, start_ms) &&
        history.supervised)
        return 0;
    history.supervised = true;
    return app_history_write(home->state_fd, &history);
}
