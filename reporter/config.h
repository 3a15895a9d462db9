/*
 * Configuration: the .conf files of /etc/inquest in order of name (policy.conf
 * is not one of them), then XDG_CONFIG_HOME/inquest/config, then the
 * environment; the later word wins. The keys are in config_keys[];
 * INQUEST_<KEY> in capitals is the variable of those that have one. Context:
 * tool.
 */
#ifndef INQUEST_REPORTER_CONFIG_H
#define INQUEST_REPORTER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/compiler.h"

#define CONFIG_ENTRIES_MAX 256
#define CONFIG_FILES_MAX   64
#define CONFIG_SOURCE_MAX  512

struct config_key {
    const char *name; /* one that ends with '.' is a prefix */
    const char *variable;
    const char *help;
};
extern const struct config_key config_keys[];
extern const size_t config_key_count;

struct config_entry {
    char *key;
    char *value;
};

struct config {
    struct config_entry entries[CONFIG_ENTRIES_MAX];
    size_t count;
    bool distrusted; /* a file was refused: nothing may be sent */
    char problem[CONFIG_SOURCE_MAX]; /* the first one, "" when none */
};

/* The places to read; NULL: left out. env(name) is getenv or a test's. */
struct config_places {
    const char *system_dir; /* "/etc/inquest" */
    const char *user_file;
    char *(*env)(const char *name);
};

/*
 * Reads everything. A file that is malformed or not to be trusted is left out,
 * config.problem says which and why. Fails with -ENOMEM only.
 */
MUST_CHECK int config_open(const struct config_places *places,
                           struct config *ret_config);
void config_close(struct config *config);

/* The value of key, or NULL. */
const char *config_get(const struct config *config, const char *key);
long config_number(const struct config *config, const char *key, long fallback);

/* Adds or replaces. Fails with -ERR_LIMIT, -ERR_NOT_FOUND (no such key). */
MUST_CHECK int config_set(struct config *config, const char *key,
                          const char *value);

#endif
