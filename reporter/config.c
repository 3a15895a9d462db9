/* Configuration from files and the environment. Context: tool. */
#include "reporter/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/keyfile.h"

const struct config_key config_keys[] = {
    {"endpoint", "INQUEST_ENDPOINT", "URL of the collector; none: no upload"},
    {"token_file", "INQUEST_TOKEN_FILE", "file with the bearer token"},
    {"page_token_file", "INQUEST_PAGE_TOKEN_FILE",
     "file with the token for explain-group"},
    {"ca_file", "INQUEST_CA_FILE",
     "certificates to trust instead of the system's, PEM"},
    {"client_certificate", "INQUEST_CLIENT_CERTIFICATE", "PEM file"},
    {"client_key", "INQUEST_CLIENT_KEY", "PEM file"},
    {"proxy", "INQUEST_PROXY", "URL of a proxy; else https_proxy counts"},
    {"parallel", "INQUEST_PARALLEL",
     "reports sent at once, 1 to 16, default 8"},
    {"send_timeout", "INQUEST_SEND_TIMEOUT",
     "seconds for one send, default 300"},
    {"keep_count", "INQUEST_KEEP_COUNT",
     "reports kept here at most, default 10000"},
    {"keep_mib", "INQUEST_KEEP_MIB", "MiB that they may take, default 512"},
    {"keep_days", "INQUEST_KEEP_DAYS",
     "days that a report is kept, default 90"},
    {"keep_free_mib", "INQUEST_KEEP_FREE_MIB",
     "MiB of the disk left free by what was sent, default 64"},
    {"rate_limit", "INQUEST_RATE_LIMIT",
     "on (default) or off: off lets every death of a crash loop make a report"},
    {"alarm_limit", "INQUEST_ALARM_LIMIT",
     "percent of the memory limit that raise an alarm, default 90; 0: none"},
    {"alarm_leak", "INQUEST_ALARM_LEAK",
     "percent of growth that count as a leak, default 10"},
    {"alarm_leak_mib", "INQUEST_ALARM_LEAK_MIB",
     "and MiB of growth at least, default 16"},
    {"alarm_leak_window", "INQUEST_ALARM_LEAK_WINDOW",
     "seconds that a leak is looked for in, default 1800; 0: none"},
    {"alarm_pressure", "INQUEST_ALARM_PRESSURE",
     "percent of 10 s that tasks wait for memory, default 20; 0: none"},
    {"alarm_interval", "INQUEST_ALARM_INTERVAL",
     "seconds between two alarms of one kind, default 21600"},
    {"sweep_interval", "INQUEST_SWEEP_INTERVAL",
     "seconds between two looks of run for dead descendants, default 60"},
    {"privacy_setting", "INQUEST_PRIVACY_SETTING",
     "on (default) or off: off lets detections leave"},
    {"device_identifier", "INQUEST_DEVICE_IDENTIFIER", "guid (default) or mac"},
    {"seal_key", "INQUEST_SEAL_KEY",
     "public key of the collector: reports are sealed, only it can read them"},
    {"known_words", NULL,
     "words of your programs that may leave in names of threads"},
    {"debuginfod", "INQUEST_DEBUGINFOD",
     "yes, or URLs: ask these servers for debug files"},
    {"account.device_id", NULL, "account identifier"},
    {"account.user_id", NULL, "account identifier"},
    {"account.tenant_id", NULL, "account identifier"},
    {"account.organization_id", NULL, "account identifier"},
    {"account.user_principal_name", NULL, "account identifier"},
    {"feature.", NULL, "feature.NAME = STATE"},
};
const size_t config_key_count = ARRAY_LENGTH(config_keys);

static bool key_known(const char *key)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const char *name = config_keys[i].name;
        size_t size = strlen(name);
        bool prefix = name[size - 1] == '.';
        if (prefix ? strncmp(key, name, size) == 0 && key[size] != '\0'
                   : strcmp(key, name) == 0)
            return true;
    }
    return false;
}

static struct config_entry *find(const struct config *config, const char *key)
{
    for (size_t i = 0; i < config->count; i++) {
        if (strcmp(config->entries[i].key, key) == 0)
            return (struct config_entry *)&config->entries[i];
    }
    return NULL;
}

int config_set(struct config *config, const char *key, const char *value)
{
    if (!key_known(key))
        return -ERR_NOT_FOUND;
    struct config_entry *entry = find(config, key);
    char *copy = strdup(value);
    if (!copy)
        return -ENOMEM;
    if (entry) {
        free(entry->value);
        entry->value = copy;
        return 0;
    }
    char *name = strdup(key);
    if (!name || config->count == CONFIG_ENTRIES_MAX) {
        free(copy);
        free(name);
        return name ? -ERR_LIMIT : -ENOMEM;
    }
    config->entries[config->count++] = (struct config_entry){name, copy};
    return 0;
}

const char *config_get(const struct config *config, const char *key)
{
    const struct config_entry *entry = find(config, key);

    return entry && entry->value[0] != '\0' ? entry->value : NULL;
}

long config_number(const struct config *config, const char *key, long fallback)
{
    const char *text = config_get(config, key);
    char *end = NULL;

    if (!text)
        return fallback;
    long value = strtol(text, &end, 10);
    return *end == '\0' ? value : fallback;
}

static void problem(struct config *config, const char *path, unsigned line,
                    const char *what)
{
    if (config->problem[0] != '\0')
        return;
    if (line > 0) {
        snprintf(config->problem, sizeof config->problem, "%.200s:%u: %s", path,
                 line, what);
    } else {
        snprintf(config->problem, sizeof config->problem, "%.200s: %s", path,
                 what);
    }
}

static int read_file(struct config *config, const char *path)
{
    OWNED_KEYFILE file = {0};
    unsigned line = 0;

    int r = keyfile_open(AT_FDCWD, path, &file, &line);
    if (r == -ENOENT)
        return 0;
    if (r < 0) {
        config->distrusted = true;
        problem(config, path, line, keyfile_error(r));
        return 0;
    }
    for (size_t i = 0; i < file.count; i++) {
        r = config_set(config, file.lines[i].key, file.lines[i].value);
        if (r == -ERR_NOT_FOUND) {
            problem(config, path, file.lines[i].number, "unknown key");
        } else if (r < 0) {
            return r;
        }
    }
    return 0;
}

static int is_config(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return size > 5 && strcmp(entry->d_name + size - 5, ".conf") == 0 &&
           strcmp(entry->d_name, "policy.conf") != 0;
}

static int read_directory(struct config *config, const char *directory)
{
    struct dirent **names = NULL;
    char path[CONFIG_SOURCE_MAX];
    int result = 0;

    int count = scandir(directory, &names, is_config, alphasort);
    if (count < 0 && errno != ENOENT) { /* an administrator may forbid there */
        config->distrusted = true;
        problem(config, directory, 0, err_text(-errno));
    }
    for (int i = 0; i < count; i++) {
        int size =
            snprintf(path, sizeof path, "%s/%s", directory, names[i]->d_name);
        if (result == 0 && i < CONFIG_FILES_MAX && size < (int)sizeof path)
            result = read_file(config, path);
        free(names[i]);
    }
    free(names);
    return result;
}

static int read_environment(struct config *config, char *(*env)(const char *))
{
    for (size_t i = 0; i < config_key_count; i++) {
        const char *variable = config_keys[i].variable;
        const char *value = variable ? env(variable) : NULL;
        int r = value ? config_set(config, config_keys[i].name, value) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

int config_open(const struct config_places *places, struct config *ret_config)
{
    int r = 0;

    *ret_config = (struct config){0};
    if (places->system_dir)
        r = read_directory(ret_config, places->system_dir);
    if (r == 0 && places->user_file)
        r = read_file(ret_config, places->user_file);
    if (r == 0 && places->env)
        r = read_environment(ret_config, places->env);
    if (r < 0)
        config_close(ret_config);
    return r;
}

void config_close(struct config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        free(config->entries[i].key);
        free(config->entries[i].value);
    }
    config->count = 0;
}
