/* Options of recover, and a box for who had none. Context: tool. */
#include "handler/dumper/recovery.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "handler/dumper/substitute_box.h"
#include "proto/base/fmt.h"

#define PAGE_BYTES  4096u
#define NS_PER_TICK 10000000u /* USER_HZ is 100 */

const char recovery_usage[] =
    "inquest-dumper recover --box FILE --state DIR [--signal N] [--restarted]\n"
    "       [--supervisor none|saw|alive|died] [--kernel-log TEXT]\n"
    "       [--kernel-log-read] [--cgroup-kills N] [--cgroup-kills-start N]\n"
    "       [--system-kills N] [--system-kills-start N] [--group-kills N]\n"
    "       [--group-kills-start N] [--peak-bytes N] [--pid N]\n"
    "       [--start-ticks N] [--executable PATH] [--app NAME]\n"
    "       [--app-version V]\n";

enum kind { TEXT, NUMBER, FLAG };

static const struct {
    const char *name;
    enum kind kind;
    size_t offset;
} options[] = {
    {"--box", TEXT, offsetof(struct recovery, box_path)},
    {"--state", TEXT, offsetof(struct recovery, state_dir)},
    {"--kernel-log", TEXT, offsetof(struct recovery, hearsay.kernel_log)},
    {"--executable", TEXT, offsetof(struct recovery, executable)},
    {"--app", TEXT, offsetof(struct recovery, app)},
    {"--app-version", TEXT, offsetof(struct recovery, app_version)},
    {"--pid", NUMBER, offsetof(struct recovery, pid)},
    {"--start-ticks", NUMBER, offsetof(struct recovery, start_ticks)},
    {"--cgroup-kills", NUMBER, offsetof(struct recovery, hearsay.cgroup_kills)},
    {"--cgroup-kills-start", NUMBER,
     offsetof(struct recovery, hearsay.cgroup_kills_start)},
    {"--system-kills", NUMBER, offsetof(struct recovery, hearsay.system_kills)},
    {"--system-kills-start", NUMBER,
     offsetof(struct recovery, hearsay.system_kills_start)},
    {"--group-kills", NUMBER, offsetof(struct recovery, hearsay.group_kills)},
    {"--group-kills-start", NUMBER,
     offsetof(struct recovery, hearsay.group_kills_start)},
    {"--peak-bytes", NUMBER, offsetof(struct recovery, hearsay.peak_rss_bytes)},
    {"--restarted", FLAG, offsetof(struct recovery, hearsay.restarted)},
    {"--kernel-log-read", FLAG,
     offsetof(struct recovery, hearsay.kernel_log_read)},
};

static bool parse_number(const char *text, uint64_t *ret_value)
{
    const char *end = text + strlen(text);

    return fmt_parse_u64(&text, end, 10, ret_value) == 0 && text == end;
}

static bool parse_supervisor(const char *text,
                             enum termination_supervisor *ret_value)
{
    static const char *const names[] = {
        [SUPERVISOR_NONE] = "none",
        [SUPERVISOR_SAW] = "saw",
        [SUPERVISOR_ALIVE] = "alive",
        [SUPERVISOR_DIED] = "died",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret_value = (enum termination_supervisor)i;
            return true;
        }
    }
    return false;
}

/* Options that have a place in options[]. */
static bool parse_listed(const char *name, const char *value,
                         struct recovery *recovery, bool *ret_flag)
{
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
        char *field = (char *)recovery + options[i].offset;
        if (strcmp(name, options[i].name) != 0)
            continue;
        *ret_flag = options[i].kind == FLAG;
        if (options[i].kind == FLAG) {
            *(bool *)field = true;
            return true;
        }
        if (!value)
            return false;
        if (options[i].kind == NUMBER)
            return parse_number(value, (uint64_t *)(void *)field);
        memcpy(field, &value, sizeof value);
        return true;
    }
    return false;
}

static bool parse_one(const char *name, const char *value,
                      struct recovery *recovery, bool *ret_flag)
{
    uint64_t number = 0;

    *ret_flag = false;
    if (strcmp(name, "--supervisor") == 0)
        return value && parse_supervisor(value, &recovery->hearsay.supervisor);
    if (strcmp(name, "--signal") == 0) {
        bool right = value && parse_number(value, &number) && number < 128;
        recovery->hearsay.signal_number = (int)number;
        return right;
    }
    return parse_listed(name, value, recovery, ret_flag);
}

int recovery_parse(int argc, char **argv, struct recovery *ret_recovery)
{
    *ret_recovery = (struct recovery){
        .executable = "",
        .app = "",
        .app_version = "",
        .hearsay =
            {
                .cgroup_kills = TERMINATION_UNKNOWN,
                .cgroup_kills_start = TERMINATION_UNKNOWN,
                .system_kills = TERMINATION_UNKNOWN,
                .system_kills_start = TERMINATION_UNKNOWN,
                .group_kills = TERMINATION_UNKNOWN,
                .group_kills_start = TERMINATION_UNKNOWN,
                .peak_rss_bytes = TERMINATION_UNKNOWN,
            },
    };
    for (int i = 2; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool flag;
        if (!parse_one(argv[i], value, ret_recovery, &flag))
            return -EINVAL;
        i += flag ? 0 : 1;
    }
    return ret_recovery->box_path && ret_recovery->state_dir ? 0 : -EINVAL;
}

static void fill_sample(struct box *box, uint64_t peak_rss_bytes)
{
    struct box_sample sample;

    if (peak_rss_bytes == TERMINATION_UNKNOWN)
        return;
    memset(&sample, 0xff, sizeof sample);
    sample.time_ms = 0;
    sample.rss_pages = (uint32_t)(peak_rss_bytes / PAGE_BYTES);
    sample.slope_kib_per_s = INT16_MIN;
    sample.flags = 0;
    sample.cgroup_oom_events = 0;
    sample.cgroup_oom_kill_events = 0;
    box_ring_append(box->seconds, BOX_SECONDS_COUNT, 1, &sample);
}

struct box *recovery_absent_box(const struct recovery *recovery, int state_fd)
{
    const struct substitute who = {
        .pid = (int)recovery->pid,
        .start_ticks = recovery->start_ticks,
        .start_boot_ns = recovery->start_ticks * NS_PER_TICK,
        .executable = recovery->executable,
        .app = recovery->app,
        .app_version = recovery->app_version,
        .state_dir = recovery->state_dir,
    };

    if (recovery->pid == 0 || recovery->hearsay.signal_number == 0)
        return NULL;
    struct box *box = substitute_box(&who, state_fd);
    fill_sample(box, recovery->hearsay.peak_rss_bytes);
    return box;
}
