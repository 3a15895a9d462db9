/* vmstat, memory.events, memory.oom_control. Context: tool. */
#include "reporter/watch/oom_counters.h"

#include <fcntl.h>
#include <stdio.h>

#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/cgroup_place.h"

#define TEXT_BYTES 16384

/* The number behind key in a file; OOM_UNKNOWN where there is none. */
static uint64_t counter(const char *path, const char *key)
{
    char text[TEXT_BYTES];
    size_t size = 0;
    uint64_t value;

    if (io_read_text(AT_FDCWD, path, text, sizeof text, &size) < 0 ||
        fmt_find_u64(text, size, key, &value) < 0)
        return OOM_UNKNOWN;
    return value;
}

/* The number behind key in a file of the cgroup, the first that has it. */
static uint64_t cgroup_counter(const struct cgroup_place *place,
                               const char *key)
{
    static const char *const files[][2] = {
        {"memory.oom_control", ""},
        {"memory.events.local", "memory.events"},
    };
    char path[CGROUP_DIRECTORY_BYTES + 64];
    uint64_t value = OOM_UNKNOWN;

    for (size_t i = 0; i < 2 && value == OOM_UNKNOWN; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", place->directory,
                       files[place->version == 2][i]);
        value = counter(path, key);
    }
    return value;
}

void oom_counters_read(const char *cgroup, struct oom_counters *ret_counters)
{
    char scratch[CGROUP_LINE_BYTES];
    struct cgroup_place place;

    *ret_counters = (struct oom_counters){
        .system_kills = counter("/proc/vmstat", "oom_kill "),
        .cgroup_kills = OOM_UNKNOWN,
        .group_kills = OOM_UNKNOWN,
    };
    if (cgroup_place_find("", cgroup, scratch, &place) < 0)
        return; /* none, or one that no mount of ours shows */
    ret_counters->cgroup_kills = cgroup_counter(&place, "oom_kill ");
    ret_counters->group_kills = cgroup_counter(&place, "oom_group_kill ");
}

int oom_cgroup_of(pid_t pid, char ret_path[OOM_CGROUP_BYTES])
{
    char path[64];
    char text[TEXT_BYTES];
    size_t size = 0;

    ret_path[0] = '\0';
    (void)snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
    if (io_read_text(AT_FDCWD, path, text, sizeof text, &size) < 0)
        return 0;
    return cgroup_path_parse(text, size, ret_path, OOM_CGROUP_BYTES);
}
