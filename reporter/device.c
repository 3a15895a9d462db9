/* Configuration that speaks for the machine. Context: tool. */
#include "reporter/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/base/io.h"
#include "proto/data_class.h"

#include <fcntl.h>

#define ROUTES_BYTES 16384

/* The adapter of the route to 0.0.0.0 in /proc/net/route (proc(5)). */
static bool default_adapter(char name[32])
{
    char text[ROUTES_BYTES];
    char destination[16];
    size_t size = 0;
    char *rest = text;

    if (io_read_text(AT_FDCWD, "/proc/net/route", text, sizeof text, &size) < 0)
        return false;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        if (sscanf(line, "%31s %15s", name, destination) == 2 &&
            strcmp(destination, "00000000") == 0)
            return true;
    }
    return false;
}

int device_mac_address(char ret_address[DEVICE_ADDRESS_BYTES])
{
    char name[32];
    char path[80];
    char text[32];
    size_t size = 0;

    if (!default_adapter(name) || strchr(name, '/'))
        return -ERR_NOT_FOUND;
    snprintf(path, sizeof path, "/sys/class/net/%s/address", name);
    if (io_read_text(AT_FDCWD, path, text, sizeof text, &size) < 0 ||
        size < DEVICE_ADDRESS_BYTES - 1)
        return -ERR_NOT_FOUND;
    text[DEVICE_ADDRESS_BYTES - 1] = '\0';
    memcpy(ret_address, text, DEVICE_ADDRESS_BYTES);
    return 0;
}

/* Strings of an unpacked message: the default value is not ours to free. */
static void set_string(char **field, const char *value)
{
    char *copy = strdup(value);

    if (!copy)
        return;
    if (*field != protobuf_c_empty_string)
        free(*field);
    *field = copy;
}

static void fill_string(char **field, const char *value)
{
    if (value && **field == '\0')
        set_string(field, value);
}

static void fill_account(const struct config *config,
                         Inquest__V1__Report *report)
{
    static const char prefix[] = "account.";
    bool any = report->account != NULL;

    for (size_t i = 0; i < config->count; i++) {
        any = any ||
              strncmp(config->entries[i].key, prefix, sizeof prefix - 1) == 0;
    }
    if (!any)
        return;
    if (!report->account) {
        report->account = malloc(sizeof *report->account);
        if (!report->account)
            return;
        inquest__v1__account__init(report->account);
    }
    Inquest__V1__Account *account = report->account;
    fill_string(&account->device_id, config_get(config, "account.device_id"));
    fill_string(&account->user_id, config_get(config, "account.user_id"));
    fill_string(&account->tenant_id, config_get(config, "account.tenant_id"));
    fill_string(&account->organization_id,
                config_get(config, "account.organization_id"));
    fill_string(&account->user_principal_name,
                config_get(config, "account.user_principal_name"));
}

static void add_feature(Inquest__V1__Report *report, const char *name,
                        const char *state)
{
    for (size_t i = 0; i < report->n_features; i++) {
        if (strcmp(report->features[i]->name, name) == 0)
            return; /* the program knows better */
    }
    Inquest__V1__Feature *feature = malloc(sizeof *feature);
    Inquest__V1__Feature **features =
        feature ? reallocarray(report->features, report->n_features + 1,
                               sizeof *features)
                : NULL;
    if (!features) {
        free(feature);
        return;
    }
    inquest__v1__feature__init(feature);
    set_string(&feature->name, name);
    set_string(&feature->state, state);
    report->features = features;
    report->features[report->n_features++] = feature;
}

static void fill_features(const struct config *config,
                          Inquest__V1__Report *report)
{
    static const char prefix[] = "feature.";

    for (size_t i = 0; i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];
        if (strncmp(entry->key, prefix, sizeof prefix - 1) == 0)
            add_feature(report, entry->key + sizeof prefix - 1, entry->value);
    }
}

static void fill_identifier(const struct config *config,
                            Inquest__V1__Report *report)
{
    const char *kind = config_get(config, "device_identifier");
    char address[DEVICE_ADDRESS_BYTES];

    if (!report->device || !kind || strcmp(kind, "mac") != 0 ||
        device_mac_address(address) < 0)
        return; /* the random id stays */
    set_string(&report->device->mac_address, address);
    if (*report->device->mac_address != '\0')
        set_string(&report->device->installation_id, "");
}

void device_fill(const struct home *home, uint32_t classes,
                 Inquest__V1__Report *report)
{
    fill_account(&home->config, report);
    fill_identifier(&home->config, report);
    if ((classes & CLASS_BIT(CLASS_OPTIONAL)) != 0)
        fill_features(&home->config, report);
}
