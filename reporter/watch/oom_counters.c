/* vmstat, memory.events, memory.oom_control. Context: tool. */
#include "reporter/watch/oom_counters.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/compiler.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"

#define TEXT_BYTES   16384
#define MOUNTS_BYTES 65536

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

/*
 * Whether paths of our cgroup namespace can be followed below a mount: the one
 * of the namespace outside has a root that lies above ours ("/.." in
 * mountinfo, cgroup_namespaces(7)). True where that cannot be known.
 */
static bool is_of_our_namespace(const char *mount)
{
    static char text[MOUNTS_BYTES];
    size_t size = 0;
    char *rest = NULL;
    bool ours = true;

    if (io_read_text(AT_FDCWD, "/proc/self/mountinfo", text, sizeof text,
                     &size) < 0)
        return true;
    for (char *line = strtok_r(text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        char root[OOM_CGROUP_BYTES];
        char point[OOM_CGROUP_BYTES];
        if (sscanf(line, "%*s %*s %*s %511s %511s", root, point) == 2 &&
            strcmp(point, mount) == 0)
            ours = strncmp(root, "/..", 3) != 0; /* the last one lies on top */
    }
    return ours;
}

/* The cgroup's own file, in whichever hierarchy it is. */
static uint64_t cgroup_counter(const char *cgroup, const char *key)
{
    static const struct {
        const char *mount;
        const char *file;
    } places[] = {
        {"/sys/fs/cgroup", "memory.events.local"},
        {"/sys/fs/cgroup", "memory.events"},
        {"/sys/fs/cgroup/memory", "memory.oom_control"},
        {"/sys/fs/cgroup/unified", "memory.events.local"},
    };
    char path[OOM_CGROUP_BYTES + 64];

    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        (void)snprintf(path, sizeof path, "%s%s/%s", places[i].mount, cgroup,
                       places[i].file);
        uint64_t value = counter(path, key);
        if (value != OOM_UNKNOWN)
            return is_of_our_namespace(places[i].mount) ? value : OOM_UNKNOWN;
    }
    return OOM_UNKNOWN;
}

void oom_counters_read(const char *cgroup, struct oom_counters *ret_counters)
{
    bool given = *cgroup != '\0';

    *ret_counters = (struct oom_counters){
        .system_kills = counter("/proc/vmstat", "oom_kill "),
        .cgroup_kills =
            given ? cgroup_counter(cgroup, "oom_kill ") : OOM_UNKNOWN,
        .group_kills =
            given ? cgroup_counter(cgroup, "oom_group_kill ") : OOM_UNKNOWN,
    };
}

void oom_cgroup_of(pid_t pid, char ret_path[OOM_CGROUP_BYTES])
{
    char path[64];
    char text[TEXT_BYTES];
    size_t size = 0;
    char *rest = NULL;

    ret_path[0] = '\0';
    (void)snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
    if (io_read_text(AT_FDCWD, path, text, sizeof text, &size) < 0)
        return;
    /* "4:memory:/path" of version 1 outweighs "0::/path" of version 2. */
    for (char *line = strtok_r(text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *memory = strstr(line, ":memory:");
        const char *unified = strncmp(line, "0::", 3) == 0 ? line + 3 : NULL;
        if (memory) {
            (void)snprintf(ret_path, OOM_CGROUP_BYTES, "%s",
                           memory + strlen(":memory:"));
        } else if (unified && ret_path[0] == '\0') {
            (void)snprintf(ret_path, OOM_CGROUP_BYTES, "%s", unified);
        }
    }
}
