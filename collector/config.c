/* From key file to configuration. Context: tool. */
#include "collector/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"

#define PROJECT_MARK "project."

const struct config_key config_keys[] = {
    {"listen", "ADDR:PORT; default 127.0.0.1:8470"},
    {"db", "file of the database; default inquest.db"},
    {"tls_certificate_file", "PEM, with its chain: https"},
    {"tls_key_file", "PEM"},
    {"secure_cookies", "yes: a proxy in front speaks https"},
    {"page_password_file", "password of the page, of all projects"},
    {"page_token_file", "token for the page's API and /metrics"},
    {"seal_key_file",
     "secret keys that open sealed reports, of --make-seal-key"},
    {"webhook_url", "told of new groups, regressions and spikes"},
    {"webhook_ca_file", "certificates to trust there"},
    {"retention_days", "forget sooner than the schema says"},
    {"request_seconds", "a request must be over by then; default 60"},
    {"siglists_dir", "lists for grouping, in place of those built in"},
    {"symbols", "no: look up no names"},
    {"symbols_dir", "uploaded debug files; default: the database's .symbols"},
    {"debug_dirs", "build-id trees, separated by ':'"},
    {"debuginfod_urls", "ask these servers for debug files"},
    {"local_modules", "yes: use modules at the path a report names"},
    {"project.NAME.ingest_token_file", "token to send reports with"},
    {"project.NAME.page_password_file", "password of that project's page"},
    {"project.NAME.page_token_file", "token of that project's page"},
    {"project.NAME.webhook_url", "in place of webhook_url"},
};
const size_t config_key_count = ARRAY_LENGTH(config_keys);

struct reading {
    struct config *config;
    char *why;
    const struct keyfile_line *line;
};

static int complain(const struct reading *reading, const char *what)
{
    (void)snprintf(reading->why, CONFIG_WHY_BYTES, "line %u: %.60s: %.300s",
                   reading->line->number, reading->line->key, what);
    return -EINVAL;
}

/* What is amiss with a file of secrets. */
static int check_file(const struct reading *reading, int r)
{
    char what[256];

    if (r == 0)
        return 0;
    (void)snprintf(what, sizeof what, "%.160s: %s", reading->line->value,
                   r == -EPERM ? "group and others must not read it "
                                 "(chmod 600)"
                               : err_text(r));
    return complain(reading, what);
}

static int read_secrets(const struct reading *reading, bool passwords,
                        struct secrets *ret_secrets)
{
    return check_file(
        reading, secrets_read(reading->line->value, passwords, ret_secrets));
}

static int read_bool(const struct reading *reading, bool *ret_value)
{
    bool yes = strcmp(reading->line->value, "yes") == 0;

    if (!yes && strcmp(reading->line->value, "no") != 0)
        return complain(reading, "yes or no is wanted");
    *ret_value = yes;
    return 0;
}

static int read_number(const struct reading *reading, unsigned least,
                       unsigned most, unsigned *ret_value)
{
    char *end = NULL;
    unsigned long value = strtoul(reading->line->value, &end, 10);
    char what[64];

    if (end == reading->line->value || *end || value < least || value > most) {
        (void)snprintf(what, sizeof what, "a number from %u to %u is wanted",
                       least, most);
        return complain(reading, what);
    }
    *ret_value = (unsigned)value;
    return 0;
}

/* The project of that name, which begins with its first key. */
static struct config_project *project_of(struct config *config,
                                         const char *name, size_t size)
{
    for (size_t i = 0; i < config->project_count; i++) {
        if (strlen(config->projects[i].name) == size &&
            memcmp(config->projects[i].name, name, size) == 0)
            return &config->projects[i];
    }
    if (config->project_count == CONFIG_PROJECTS_MAX || size == 0 ||
        size >= CONFIG_NAME_BYTES)
        return NULL;
    struct config_project *project = &config->projects[config->project_count++];
    memcpy(project->name, name, size);
    return project;
}

static int read_project(const struct reading *reading)
{
    const char *name = reading->line->key + sizeof PROJECT_MARK - 1;
    const char *dot = strrchr(name, '.');
    struct config_project *project =
        dot ? project_of(reading->config, name, (size_t)(dot - name)) : NULL;

    if (!project) {
        return complain(reading, "project.NAME.KEY is wanted, at most 64 "
                                 "projects with names below 64 bytes");
    }
    if (strcmp(dot, ".ingest_token_file") == 0)
        return read_secrets(reading, false, &project->ingest);
    if (strcmp(dot, ".page_password_file") == 0)
        return read_secrets(reading, true, &project->password);
    if (strcmp(dot, ".page_token_file") == 0)
        return read_secrets(reading, false, &project->page);
    if (strcmp(dot, ".webhook_url") != 0)
        return complain(reading, "no such key of a project");
    project->webhook_url = reading->line->value;
    return 0;
}

/* Keys whose value is kept as it is. */
static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    {"listen", offsetof(struct config, listen)},
    {"db", offsetof(struct config, db)},
    {"tls_certificate_file", offsetof(struct config, certificate_file)},
    {"tls_key_file", offsetof(struct config, key_file)},
    {"webhook_url", offsetof(struct config, webhook_url)},
    {"webhook_ca_file", offsetof(struct config, webhook_ca_file)},
    {"siglists_dir", offsetof(struct config, siglists_dir)},
    {"symbols_dir", offsetof(struct config, symbols_dir)},
    {"debug_dirs", offsetof(struct config, debug_dirs)},
    {"debuginfod_urls", offsetof(struct config, debuginfod_urls)},
};

static bool read_text(const struct reading *reading)
{
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        if (strcmp(reading->line->key, texts[i].name) == 0) {
            const char **text =
                (const char **)(void *)((char *)reading->config +
                                        texts[i].offset);
            *text = reading->line->value;
            return true;
        }
    }
    return false;
}

static int read_local(const struct reading *reading)
{
    bool value = false;
    int r = read_bool(reading, &value);

    reading->config->local_modules = value;
    return r;
}

static int read_line(const struct reading *reading)
{
    struct config *config = reading->config;
    const char *key = reading->line->key;

    if (strncmp(key, PROJECT_MARK, sizeof PROJECT_MARK - 1) == 0)
        return read_project(reading);
    if (read_text(reading))
        return 0;
    if (strcmp(key, "page_password_file") == 0)
        return read_secrets(reading, true, &config->password);
    if (strcmp(key, "page_token_file") == 0)
        return read_secrets(reading, false, &config->page);
    if (strcmp(key, "seal_key_file") == 0) {
        return check_file(reading,
                          seal_keys_read(reading->line->value, &config->seal));
    }
    if (strcmp(key, "secure_cookies") == 0)
        return read_bool(reading, &config->secure_cookies);
    if (strcmp(key, "symbols") == 0)
        return read_bool(reading, &config->symbols);
    if (strcmp(key, "local_modules") == 0)
        return read_local(reading);
    if (strcmp(key, "retention_days") == 0) {
        return read_number(reading, 1, CONFIG_RETENTION_DAYS,
                           &config->retention_days);
    }
    if (strcmp(key, "request_seconds") == 0)
        return read_number(reading, 1, 3600, &config->request_s);
    return complain(reading, "no such key; --help lists them");
}

static int read_lines(struct config *config, char why[CONFIG_WHY_BYTES])
{
    for (size_t i = 0; i < config->file.count; i++) {
        struct reading reading = {config, why, &config->file.lines[i]};
        int r = read_line(&reading);
        if (r < 0)
            return r;
    }
    if (!config->certificate_file != !config->key_file) {
        (void)snprintf(why, CONFIG_WHY_BYTES,
                       "tls_certificate_file and tls_key_file need each other");
        return -EINVAL;
    }
    return 0;
}

int config_read(const char *path, struct config *ret_config,
                char why[CONFIG_WHY_BYTES])
{
    struct config *config = ret_config;
    unsigned line = 0;
    int r = 0;

    *config = (struct config){
        .listen = "127.0.0.1:8470",
        .db = "inquest.db",
        .request_s = CONFIG_REQUEST_S,
        .retention_days = CONFIG_RETENTION_DAYS,
        .symbols = true,
        .local_modules = -1,
    };
    if (path)
        r = keyfile_open(AT_FDCWD, path, &config->file, &line);
    if (r < 0) {
        (void)snprintf(why, CONFIG_WHY_BYTES, "line %u: %s", line,
                       r == -EPERM ? "others may write to the file"
                                   : err_text(r));
    } else {
        r = read_lines(config, why);
    }
    if (r < 0)
        config_close(config);
    if (r == 0 && config->project_count == 0) {
        (void)project_of(config, CONFIG_DEFAULT_PROJECT,
                         strlen(CONFIG_DEFAULT_PROJECT));
    }
    return r;
}

void config_close(struct config *config)
{
    keyfile_close(&config->file);
    sodium_memzero(config, sizeof *config);
}
