/* Versions, ancestors, limits. Context: guest. */
#include "handler/sampler/cgroup_memory.h"

#include <stdbool.h>
#include <string.h>

#include "proto/base/fmt.h"
#include "proto/box.h"

#define NUMBER_BYTES 64
#define EVENTS_BYTES 512
/* v1 says "no limit" with the largest whole page below 2^63. */
#define LIMIT_NONE (1ull << 62)

/* The files of each version. */
static const struct layout {
    const char *current, *limit, *events, *kills, *stat, *inactive, *active;
} layouts[] = {
    {"/memory.usage_in_bytes", "/memory.limit_in_bytes", "/memory.failcnt",
     "/memory.oom_control", "/memory.stat", "total_inactive_file",
     "total_active_file"},
    {"/memory.current", "/memory.max", "/memory.events", "/memory.events.local",
     "/memory.stat", "inactive_file", "active_file"},
};

static const struct layout *layout_of(const struct cgroup_memory *group)
{
    return &layouts[group->version == 2];
}

static uint64_t number_of(const struct proc_file *file)
{
    char text[NUMBER_BYTES];
    uint64_t value;
    size_t size = proc_file_read(file, text, sizeof text);
    const char *at = text;

    if (fmt_parse_u64(&at, text + size, 10, &value) < 0)
        return UINT64_MAX; /* "max", or no file */
    return value;
}

static uint64_t limit_in(const struct cgroup_memory *group,
                         const char *directory)
{
    struct proc_file file;

    proc_file_open(&file, directory, layout_of(group)->limit);
    uint64_t limit = number_of(&file);
    proc_file_close(&file);
    return limit < LIMIT_NONE ? limit : UINT64_MAX;
}

void cgroup_memory_refresh(struct cgroup_memory *group)
{
    char directory[CGROUP_DIRECTORY_BYTES];
    char limiting[CGROUP_DIRECTORY_BYTES];
    uint64_t smallest = UINT64_MAX;

    if (group->version == 0)
        return;
    box_string(directory, sizeof directory, group->own);
    box_string(limiting, sizeof limiting, group->own);
    for (int depth = 0; depth < CGROUP_DEPTH_MAX; depth++) {
        uint64_t limit = limit_in(group, directory);
        if (limit < smallest || (limit == smallest && limit != UINT64_MAX)) {
            smallest = limit;
            box_string(limiting, sizeof limiting, directory);
        }
        char *slash = memrchr(directory, '/', strlen(directory));
        if (strlen(directory) <= group->mount_bytes || !slash)
            break;
        *slash = '\0';
    }
    group->limit_bytes = smallest;
    proc_file_check(&group->current);
    proc_file_check(&group->events);
    proc_file_check(&group->kills);
    proc_file_check(&group->stat);
    if (strcmp(limiting, group->limiting) == 0 && group->current.fd > 0)
        return;
    proc_file_close(&group->current);
    proc_file_close(&group->events);
    proc_file_close(&group->stat);
    box_string(group->limiting, sizeof group->limiting, limiting);
    proc_file_open(&group->current, limiting, layout_of(group)->current);
    proc_file_open(&group->events, limiting, layout_of(group)->events);
    proc_file_open(&group->stat, limiting, layout_of(group)->stat);
}

void cgroup_memory_open(struct cgroup_memory *group, const char *root,
                        const char *cgroup, char scratch[CGROUP_LINE_BYTES])
{
    struct cgroup_place place;

    *group = (struct cgroup_memory){.limit_bytes = UINT64_MAX};
    int r = cgroup_place_find(root, cgroup, scratch, &place);
    if (r < 0) {
        group->current.error = -r;
        return;
    }
    group->version = place.version;
    group->mount_bytes = place.mount_bytes;
    box_string(group->own, sizeof group->own, place.directory);
    cgroup_memory_refresh(group);
    proc_file_open(&group->kills, group->own, layout_of(group)->kills);
    if (group->kills.fd <= 0 && group->version == 2)
        proc_file_open(&group->kills, group->own, layout_of(group)->events);
}

void cgroup_memory_close(struct cgroup_memory *group)
{
    proc_file_close(&group->current);
    proc_file_close(&group->events);
    proc_file_close(&group->kills);
    proc_file_close(&group->stat);
}

static uint64_t event(const char *text, size_t size, const char *key)
{
    uint64_t value;

    return fmt_find_u64(text, size, key, &value) < 0 ? UINT64_MAX : value;
}

void cgroup_memory_read(struct cgroup_memory *group,
                        struct cgroup_figures *figures)
{
    char text[EVENTS_BYTES];

    *figures = (struct cgroup_figures){
        .current_bytes = number_of(&group->current),
        .limit_bytes = group->limit_bytes,
        .limit_events = UINT64_MAX,
        .oom_events = UINT64_MAX,
    };
    size_t size = proc_file_read(&group->kills, text, sizeof text);
    figures->oom_kills = event(text, size, "oom_kill ");
    if (group->version == 1) {
        if (group->limit_bytes != UINT64_MAX) /* else nothing can fail */
            figures->limit_events = number_of(&group->events);
        return;
    }
    size = proc_file_read(&group->events, text, sizeof text);
    uint64_t high = event(text, size, "high ");
    uint64_t max = event(text, size, "max ");
    if (high != UINT64_MAX && max != UINT64_MAX)
        figures->limit_events = high + max;
    figures->oom_events = event(text, size, "oom ");
}

uint64_t cgroup_memory_reclaimable(struct cgroup_memory *group, char *text,
                                   size_t capacity)
{
    size_t size = proc_file_read(&group->stat, text, capacity);
    uint64_t inactive = 0;
    uint64_t active = 0;

    if (group->version == 0 ||
        fmt_find_u64(text, size, layout_of(group)->inactive, &inactive) < 0)
        return 0;
    if (fmt_find_u64(text, size, layout_of(group)->active, &active) < 0)
        active = 0;
    return inactive + active;
}
