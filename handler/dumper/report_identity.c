/* Who: device, app, account, process, and what it said. Context: tool. */
#include <cpuid.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "handler/dumper/report_build.h"
#include "proto/base/io.h"
#include "proto/state_dir.h"

#define TEXT_BYTES     4096
#define NS_PER_MS      1000000u
#define ATTRIBUTES_MAX 96 /* 192 bytes hold no more */

static char empty[1];

/* NAME=value of os-release(5), which may stand in quotes of both kinds. */
static char *os_release(struct build *build, const char *text, const char *key)
{
    size_t key_size = strlen(key);

    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n");
        if (size > key_size && memcmp(line, key, key_size) == 0) {
            const char *value = line + key_size;
            size_t length = size - key_size;
            if (length >= 2 && (*value == '"' || *value == '\'')) {
                value++;
                length -= 2;
            }
            return build_string(build, value, length);
        }
        line += size + (line[size] == '\n');
    }
    return empty;
}

/*
 * The brand string of CPUID leaves 0x80000002 to 0x80000004 (AMD64 manual
 * volume 3, appendix E), which every processor with long mode has. Reading
 * /proc/cpuinfo costs more than a whole dump, and in a virtual machine each
 * CPUID some microseconds: no check of the highest leaf.
 */
static char *cpu_model(struct build *build)
{
    unsigned words[12 + 1] = {0};

    for (size_t i = 0; i < 3; i++) {
        unsigned *w = &words[4 * i];
        __cpuid(0x80000002u + (unsigned)i, w[0], w[1], w[2], w[3]);
    }
    const char *text = (const char *)words;
    return build_string(build, text + strspn(text, " "), sizeof words);
}

static void build_device(struct build *build)
{
    Inquest__V1__Device *device = build_alloc(build, sizeof *device);
    char text[TEXT_BYTES] = "";
    char id[INSTALLATION_ID_BYTES];
    struct utsname name;
    size_t size = 0;

    if (!device)
        return;
    inquest__v1__device__init(device);
    build->report.device = device;
    if (io_read_text(AT_FDCWD, "/etc/os-release", text, sizeof text, &size) ==
        0) {
        device->os_name = os_release(build, text, "ID=");
        device->os_version = os_release(build, text, "VERSION_ID=");
    }
    if (uname(&name) == 0) {
        device->kernel = build_string(build, name.release, sizeof name.release);
        device->architecture =
            build_string(build, name.machine, sizeof name.machine);
    }
    device->cpu_model = cpu_model(build);
    device->has_cpu_count_case = INQUEST__V1__DEVICE__HAS_CPU_COUNT_CPU_COUNT;
    device->cpu_count = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    if (installation_id(build->state_fd, id) == 0)
        device->installation_id = build_string(build, id, sizeof id);
}

/* What it told of itself, what run was told, or its file's name. */
void build_app_name(const struct box *box, char ret_name[BUILD_APP_NAME_BYTES])
{
    const struct box_identity *identity = &box->identity;
    struct box_app told = box->app;
    char executable[sizeof identity->executable];

    box_string(executable, sizeof executable, identity->executable);
    const char *slash = strrchr(executable, '/');
    const char *name = slash ? slash + 1 : executable;
    if (box_sealed(&told, sizeof told)) {
        told.name[sizeof told.name - 1] = '\0';
        name = told.name;
    } else if (*identity->app) {
        name = identity->app;
    }
    box_string(ret_name, BUILD_APP_NAME_BYTES, name);
}

static void build_app(struct build *build)
{
    const struct box *box = build->box;
    Inquest__V1__App *app = build_alloc(build, sizeof *app);
    struct box_app told = box->app;
    char name[BUILD_APP_NAME_BYTES];

    if (!app)
        return;
    inquest__v1__app__init(app);
    build->report.app = app;
    build_app_name(box, name);
    app->name = build_string(build, name, sizeof name);
    const char *version = box_sealed(&told, sizeof told)
                              ? told.version
                              : box->identity.app_version;
    app->version = build_string(build, version, sizeof told.version);
}

uint64_t build_uptime_ms(const struct build *build)
{
    const struct box_identity *identity = &build->box->identity;
    uint64_t now_ms = (uint64_t)build->report.time;

    /* The other clock may have been set since: without a battery it begins in
     * 1970. */
    if (identity->start_boot_ns > 0 &&
        build->boot_ns >= identity->start_boot_ns)
        return (build->boot_ns - identity->start_boot_ns) / NS_PER_MS;
    return now_ms > identity->start_unix_ms ? now_ms - identity->start_unix_ms
                                            : 0;
}

static void build_process(struct build *build)
{
    const struct box_identity *identity = &build->box->identity;
    Inquest__V1__Process *process = build_alloc(build, sizeof *process);

    if (!process)
        return;
    inquest__v1__process__init(process);
    build->report.process = process;
    process->has_pid_case = INQUEST__V1__PROCESS__HAS_PID_PID;
    process->pid = (uint32_t)identity->pid;
    process->has_parent_pid_case =
        INQUEST__V1__PROCESS__HAS_PARENT_PID_PARENT_PID;
    process->parent_pid = (uint32_t)identity->parent_pid;
    process->executable =
        build_string(build, identity->executable, sizeof identity->executable);
    process->start_time = (int64_t)identity->start_unix_ms;
    process->has_uptime_ms_case = INQUEST__V1__PROCESS__HAS_UPTIME_MS_UPTIME_MS;
    process->uptime_ms = build_uptime_ms(build);
}

/* "key\0value\0…" (box.h); a pair that is cut is left out. */
static void build_attributes(struct build *build, Inquest__V1__Action *action,
                             const struct box_action *record)
{
    typedef Inquest__V1__Action__AttributesEntry Entry;
    const char *at = record->attributes;
    const char *end = at + sizeof record->attributes;

    action->attributes =
        build_alloc(build, ATTRIBUTES_MAX * sizeof *action->attributes);
    while (action->attributes && action->n_attributes < ATTRIBUTES_MAX &&
           at < end && *at) {
        const char *value = at + strnlen(at, (size_t)(end - at)) + 1;
        const char *next =
            value < end ? value + strnlen(value, (size_t)(end - value)) + 1
                        : end + 1;
        Entry *entry = build_alloc(build, sizeof *entry);
        if (next > end || !entry)
            return;
        inquest__v1__action__attributes_entry__init(entry);
        entry->key = build_string(build, at, sizeof record->attributes);
        entry->value = build_string(build, value, sizeof record->attributes);
        action->attributes[action->n_attributes++] = entry;
        at = next;
    }
}

static void build_actions(struct build *build)
{
    Inquest__V1__Report *report = &build->report;
    uint32_t after = 0;
    uint32_t used = box_slots_used(
        build->box->actions, sizeof *build->box->actions, BOX_ACTIONS_COUNT);

    report->actions = build_alloc(build, used * sizeof *report->actions);
    /* Sequences rise over the whole box: the next larger one comes next. */
    for (size_t n = 0; report->actions && n < used; n++) {
        struct box_action best = {0};
        for (size_t i = 0; i < used; i++) {
            struct box_action action = build->box->actions[i];
            if (box_sealed(&action, sizeof action) &&
                action.seal.sequence > after &&
                (best.seal.sequence == 0 ||
                 action.seal.sequence < best.seal.sequence))
                best = action;
        }
        Inquest__V1__Action *out = build_alloc(build, sizeof *out);
        if (best.seal.sequence == 0 || !out)
            return;
        after = best.seal.sequence;
        inquest__v1__action__init(out);
        out->time = (int64_t)best.time_unix_ms;
        out->name = build_string(build, best.name, sizeof best.name);
        build_attributes(build, out, &best);
        report->actions[report->n_actions++] = out;
    }
}

static void build_annotations(struct build *build)
{
    typedef Inquest__V1__Report__AnnotationsEntry Entry;
    Inquest__V1__Report *report = &build->report;

    uint32_t used =
        box_slots_used(build->box->annotations, sizeof *build->box->annotations,
                       BOX_ANNOTATIONS_MAX);

    report->annotations =
        build_alloc(build, used * sizeof *report->annotations);
    for (size_t i = 0; report->annotations && i < used; i++) {
        struct box_annotation slot = build->box->annotations[i];
        if (!box_sealed(&slot, sizeof slot) || slot.key[0] == '\0')
            continue;
        Entry *entry = build_alloc(build, sizeof *entry);
        if (!entry)
            return;
        inquest__v1__report__annotations_entry__init(entry);
        entry->key = build_string(build, slot.key, sizeof slot.key);
        entry->value = build_string(build, slot.value, sizeof slot.value);
        report->annotations[report->n_annotations++] = entry;
    }
}

static void build_features(struct build *build)
{
    Inquest__V1__Report *report = &build->report;

    uint32_t used = box_slots_used(
        build->box->features, sizeof *build->box->features, BOX_FEATURES_MAX);

    report->features = build_alloc(build, used * sizeof *report->features);
    for (size_t i = 0; report->features && i < used; i++) {
        struct box_feature slot = build->box->features[i];
        if (!box_sealed(&slot, sizeof slot) || slot.name[0] == '\0')
            continue;
        Inquest__V1__Feature *feature = build_alloc(build, sizeof *feature);
        if (!feature)
            return;
        inquest__v1__feature__init(feature);
        feature->name = build_string(build, slot.name, sizeof slot.name);
        feature->state = build_string(build, slot.state, sizeof slot.state);
        report->features[report->n_features++] = feature;
    }
}

/* "" where the program did not say, or the record is torn. */
static char *account_value(struct build *build, enum box_account_key key)
{
    struct box_account account = build->box->account[key];

    if (!box_sealed(&account, sizeof account))
        return empty;
    return build_string(build, account.value, sizeof account.value);
}

static void build_account(struct build *build)
{
    Inquest__V1__Account *account = build_alloc(build, sizeof *account);

    if (!account)
        return;
    inquest__v1__account__init(account);
    account->device_id = account_value(build, BOX_DEVICE_ID);
    account->user_id = account_value(build, BOX_USER_ID);
    account->tenant_id = account_value(build, BOX_TENANT_ID);
    account->organization_id = account_value(build, BOX_ORGANIZATION_ID);
    account->user_principal_name =
        account_value(build, BOX_USER_PRINCIPAL_NAME);
    if (*account->device_id || *account->user_id || *account->tenant_id ||
        *account->organization_id || *account->user_principal_name)
        build->report.account = account;
}

void build_identity(struct build *build)
{
    build_device(build);
    if (!build->box)
        return;
    build->report.consent_epoch = build->box->identity.consent_epoch;
    build->report.do_not_track = build->box->identity.do_not_track != 0;
    build_app(build);
    build_account(build);
    build_process(build);
    build_actions(build);
    build_annotations(build);
    build_features(build);
}
