/* The versions that ran. Context: tool. */
#include "reporter/app/app_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/crc32c.h"
#include "proto/base/fd.h"
#include "proto/keyfile.h"
#include "proto/state_dir.h"
#include "reporter/state_file.h"

#define FILE_NAME_BYTES 32
#define TEXT_BYTES      (APP_HISTORY_MAX * 128 + 256)

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%.*s", (int)size - 1, from);
}

static void append(struct app_history *history, const char *version,
                   int64_t start_ms)
{
    if (history->count == APP_HISTORY_MAX) {
        history->count--;
        memmove(history->runs, history->runs + 1,
                history->count * sizeof *history->runs);
    }
    struct app_run *run = &history->runs[history->count++];
    *run = (struct app_run){.first_ms = start_ms};
    copy(run->version, sizeof run->version, version);
}

bool app_history_note(struct app_history *history, const char *version,
                      int64_t start_ms)
{
    struct app_run *last =
        history->count > 0 ? &history->runs[history->count - 1] : NULL;

    if (!last || strcmp(last->version, version) != 0) {
        if (last && start_ms < last->first_ms)
            return false; /* told of late: what came after is known */
        append(history, version, start_ms);
        return true;
    }
    if (start_ms == last->first_ms)
        return false;
    if (start_ms < last->first_ms) {
        last->second_ms = last->first_ms;
        last->first_ms = start_ms;
        return true;
    }
    if (last->second_ms != 0 && last->second_ms <= start_ms)
        return false;
    last->second_ms = start_ms;
    return true;
}

enum app_upgrade app_history_status(const struct app_history *history,
                                    const char *version, int64_t start_ms,
                                    char ret_previous[APP_VERSION_BYTES])
{
    size_t at = history->count;

    ret_previous[0] = '\0';
    while (at > 0 && (history->runs[at - 1].first_ms > start_ms ||
                      strcmp(history->runs[at - 1].version, version) != 0))
        at--;
    if (at == 0)
        return APP_UNKNOWN;
    const struct app_run *run = &history->runs[at - 1];
    if (run->second_ms != 0 && run->second_ms <= start_ms) {
        copy(ret_previous, APP_VERSION_BYTES, version);
        return APP_SAME;
    }
    if (at == 1)
        return APP_NEW;
    copy(ret_previous, APP_VERSION_BYTES, run[-1].version);
    return app_version_compare(run[-1].version, version) < 0 ? APP_UPGRADED
                                                             : APP_DOWNGRADED;
}

static void file_name(const char *name, char ret[FILE_NAME_BYTES])
{
    snprintf(ret, FILE_NAME_BYTES, "app-%08x", crc32c(0, name, strlen(name)));
}

static void take_run(struct app_history *history, const char *text)
{
    long long first_ms = 0;
    long long second_ms = 0;
    int version = 0;

    if (history->count == APP_HISTORY_MAX ||
        /* Ours alone writes it. NOLINTNEXTLINE(cert-err34-c) */
        sscanf(text, "%lld %lld %n", &first_ms, &second_ms, &version) != 2)
        return;
    struct app_run *run = &history->runs[history->count++];
    run->first_ms = first_ms;
    run->second_ms = second_ms;
    copy(run->version, sizeof run->version, text + version);
}

void app_history_read(int state_fd, const char *name,
                      struct app_history *ret_history)
{
    OWNED_KEYFILE file = {0};
    OWNED_FD apps_fd = -1;
    char path[FILE_NAME_BYTES];

    *ret_history = (struct app_history){0};
    copy(ret_history->name, sizeof ret_history->name, name);
    file_name(name, path);
    if (state_file_dir(state_fd, STATE_APPS_NAME, &apps_fd) < 0 ||
        keyfile_open(apps_fd, path, &file, NULL) < 0)
        return;
    const char *known = keyfile_get(&file, "name");
    if (!known || strcmp(known, ret_history->name) != 0)
        return; /* another name with the same checksum */
    ret_history->supervised = keyfile_get(&file, "supervised") != NULL;
    for (size_t i = 0; i < file.count; i++) {
        if (strcmp(file.lines[i].key, "run") == 0)
            take_run(ret_history, file.lines[i].value);
    }
}

int app_history_write(int state_fd, const struct app_history *history)
{
    char text[TEXT_BYTES];
    char path[FILE_NAME_BYTES];
    OWNED_FD apps_fd = -1;

    int size = snprintf(text, sizeof text, "name = %s\n%s", history->name,
                        history->supervised ? "supervised = yes\n" : "");
    for (size_t i = 0; i < history->count; i++) {
        const struct app_run *run = &history->runs[i];
        size += snprintf(text + size, sizeof text - (size_t)size,
                         "run = %lld %lld %s\n", (long long)run->first_ms,
                         (long long)run->second_ms, run->version);
    }
    file_name(history->name, path);
    int r = state_file_dir(state_fd, STATE_APPS_NAME, &apps_fd);
    if (r < 0)
        return r;
    return state_file_note(apps_fd, path,
                           (struct span){(const uint8_t *)text, (size_t)size});
}
