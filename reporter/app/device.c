/* Configuration that speaks for the machine. Context: tool. */
#include "reporter/app/device.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/data_class.h"
#include "reporter/consent/deletion.h"
#include "reporter/state_file.h"

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

/* "02:42:ac:11:00:02" of the adapter's link-layer address (packet(7)). */
static bool take_address(const struct ifaddrs *entry, const char *name,
                         char ret_address[DEVICE_ADDRESS_BYTES])
{
    struct sockaddr_ll link;

    if (!entry->ifa_addr || entry->ifa_addr->sa_family != AF_PACKET ||
        strcmp(entry->ifa_name, name) != 0)
        return false;
    memcpy(&link, entry->ifa_addr, sizeof link);
    if (link.sll_halen != ETH_ALEN)
        return false;
    struct text text = text_init(ret_address, DEVICE_ADDRESS_BYTES);
    for (int i = 0; i < ETH_ALEN; i++) {
        text_append(&text, i > 0 ? ":" : "");
        text_append_hex(&text, link.sll_addr[i], 2);
    }
    return true;
}

/* Of this network namespace: /sys may show another's. */
int device_mac_address(char ret_address[DEVICE_ADDRESS_BYTES])
{
    char name[32];
    struct ifaddrs *list = NULL;
    bool found = false;

    if (!default_adapter(name) || getifaddrs(&list) < 0)
        return -ERR_NOT_FOUND;
    for (struct ifaddrs *at = list; at && !found; at = at->ifa_next)
        found = take_address(at, name, ret_address);
    freeifaddrs(list);
    return found ? 0 : -ERR_NOT_FOUND;
}

static int fill_string(char **field, const char *value)
{
    return value && **field == '\0' ? report_set_string(field, value) : 0;
}

static int fill_account_fields(const struct config *config,
                               Inquest__V1__Account *account)
{
    const struct {
        char **field;
        const char *key;
    } fields[] = {
        {&account->device_id, "account.device_id"},
        {&account->user_id, "account.user_id"},
        {&account->tenant_id, "account.tenant_id"},
        {&account->organization_id, "account.organization_id"},
        {&account->user_principal_name, "account.user_principal_name"},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(fields); i++)
        r = fill_string(fields[i].field, config_get(config, fields[i].key));
    return r;
}

static int fill_account(const struct config *config,
                        Inquest__V1__Report *report)
{
    static const char prefix[] = "account.";
    bool any = report->account != NULL;

    for (size_t i = 0; i < config->count; i++) {
        any = any ||
              strncmp(config->entries[i].key, prefix, sizeof prefix - 1) == 0;
    }
    if (!any)
        return 0;
    if (!report->account) {
        report->account = malloc(sizeof *report->account);
        if (!report->account)
            return -ENOMEM;
        inquest__v1__account__init(report->account);
    }
    return fill_account_fields(config, report->account);
}

static int add_feature(Inquest__V1__Report *report, const char *name,
                       const char *state)
{
    for (size_t i = 0; i < report->n_features; i++) {
        if (strcmp(report->features[i]->name, name) == 0)
            return 0; /* the program knows better */
    }
    Inquest__V1__Feature *feature = malloc(sizeof *feature);
    Inquest__V1__Feature **features =
        feature ? reallocarray(report->features, report->n_features + 1,
                               sizeof *features)
                : NULL;
    if (!features) {
        free(feature);
        return -ENOMEM;
    }
    inquest__v1__feature__init(feature);
    report->features = features;
    report->features[report->n_features++] = feature;
    int r = report_set_string(&feature->name, name);
    return r < 0 ? r : report_set_string(&feature->state, state);
}

static int fill_features(const struct config *config,
                         Inquest__V1__Report *report)
{
    static const char prefix[] = "feature.";
    int r = 0;

    for (size_t i = 0; r == 0 && i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];
        if (strncmp(entry->key, prefix, sizeof prefix - 1) == 0) {
            r = add_feature(report, entry->key + sizeof prefix - 1,
                            entry->value);
        }
    }
    return r;
}

/* Whether the address is what the machine is known by, and which. */
static bool known_by_address(const struct home *home,
                             char ret_address[DEVICE_ADDRESS_BYTES])
{
    const char *kind = config_get(&home->config, "device_identifier");

    return kind && strcmp(kind, "mac") == 0 &&
           faccessat(home->state_fd, DEVICE_MAC_WITHDRAWN, F_OK,
                     AT_SYMLINK_NOFOLLOW) < 0 &&
           errno == ENOENT && device_mac_address(ret_address) == 0;
}

static int fill_identifier(const struct home *home, Inquest__V1__Report *report)
{
    char address[DEVICE_ADDRESS_BYTES];
    char id[INSTALLATION_ID_BYTES];
    Inquest__V1__Device *device = report->device;

    if (!device)
        return 0;
    if (known_by_address(home, address)) {
        int r = report_set_string(&device->mac_address, address);
        return r < 0 ? r : report_set_string(&device->installation_id, "");
    }
    if (installation_id(home->state_fd, id) < 0)
        return -EIO; /* not the report's fault, whatever it was */
    return report_set_string(&device->installation_id, id);
}

int device_renew(const struct home *home, bool ask_deletion,
                 char ret_id[INSTALLATION_ID_BYTES])
{
    static const char text[] = "# The MAC address is not sent any more.\n";
    char address[DEVICE_ADDRESS_BYTES] = "";
    char old[INSTALLATION_ID_BYTES];

    (void)known_by_address(home, address); /* "" when it was not */
    int r = installation_id(home->state_fd, old);
    if (r == 0 && ask_deletion)
        r = deletion_request(home, old, address);
    if (r == 0) {
        r = state_file_write(
            home->state_fd, DEVICE_MAC_WITHDRAWN,
            (struct span){(const uint8_t *)text, sizeof text - 1});
    }
    if (r == 0)
        r = state_file_erase(home->state_fd, STATE_INSTALLATION_ID);
    return r < 0 ? r : installation_id(home->state_fd, ret_id);
}

int device_fill(const struct home *home, uint32_t classes,
                Inquest__V1__Report *report)
{
    int r = fill_account(&home->config, report);
    if (r == 0)
        r = fill_identifier(home, report);
    if (r == 0 && (classes & CLASS_BIT(CLASS_OPTIONAL)) != 0)
        r = fill_features(&home->config, report);
    return r;
}
