/*
 * The configuration: a file of "key = value" lines (proto/keyfile.h). Keys are
 * listed in config_keys; a project's are "project.NAME.KEY". Context: tool.
 */
#ifndef INQUEST_COLLECTOR_CONFIG_H
#define INQUEST_COLLECTOR_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/access/seal_keys.h"
#include "collector/access/secret.h"
#include "proto/keyfile.h"

#define CONFIG_PROJECTS_MAX    64
#define CONFIG_NAME_BYTES      64
#define CONFIG_DEBUG_DIRS_MAX  12
#define CONFIG_REQUEST_S       60
#define CONFIG_RETENTION_DAYS  36500 /* no less than the schema says */
#define CONFIG_WHY_BYTES       512
#define CONFIG_DEFAULT_PROJECT "default"

struct config_project {
    char name[CONFIG_NAME_BYTES];
    struct secrets ingest, password, page; /* count 0: none */
    const char *webhook_url;               /* NULL: the common one */
    int64_t id;                            /* the store's; by access_open */
};

struct config {
    struct keyfile file; /* strings live in it */
    const char *listen, *db;
    const char *certificate_file, *key_file;
    struct secrets password, page; /* of all projects */
    struct seal_keys seal;
    struct config_project projects[CONFIG_PROJECTS_MAX];
    size_t project_count;
    const char *webhook_url, *webhook_ca_file;
    const char *siglists_dir;
    const char *symbols_dir; /* NULL: beside the database */
    const char *debug_dirs;  /* separated by ':'; NULL: none */
    const char *debuginfod_urls;
    unsigned request_s, retention_days;
    bool symbols, secure_cookies;
    int local_modules; /* -1: as it listens on loopback alone */
};

#define OWNED_CONFIG CLEANUP(config_close) struct config

struct config_key {
    const char *name;
    const char *help;
};
extern const struct config_key config_keys[];
extern const size_t config_key_count;

/*
 * Reads path; NULL: the defaults. On failure why says what is wrong, where,
 * and what to do, and config is closed.
 */
MUST_CHECK int config_read(const char *path, struct config *ret_config,
                           char why[CONFIG_WHY_BYTES]);
void config_close(struct config *config);

#endif
