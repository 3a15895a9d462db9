/* What a box says of its process from the start. Context: any. */
#include "handler/box_identity.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"
#include "proto/cgroup_place.h"
#include "proto/data_class.h"
#include "proto/state_dir.h"

#define PROC_TEXT_BYTES 2048

/* Field 22 of /proc/self/stat; the name in field 2 may hold anything. */
uint64_t box_identity_ticks(void)
{
    char text[PROC_TEXT_BYTES];
    size_t size = 0;
    uint64_t value = 0;

    if (io_read_text(AT_FDCWD, "/proc/self/stat", text, sizeof text, &size) < 0)
        return 0;
    const char *end = text + size;
    const char *at = memrchr(text, ')', size);
    for (int field = 2; at && field < 22; field++) {
        at = memchr(at, ' ', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    if (!at || fmt_parse_u64(&at, end, 10, &value) < 0)
        return 0;
    return value;
}

static void read_link(const char *path, char *buffer, size_t size)
{
    long n = sys_call4(SYS_readlinkat, AT_FDCWD, (long)path, (long)buffer,
                       (long)(size - 1));
    buffer[n > 0 ? n : 0] = '\0';
}

static void read_cgroup(char *buffer, size_t capacity)
{
    char text[PROC_TEXT_BYTES];
    size_t size = 0;

    DROP(io_read_text(AT_FDCWD, "/proc/self/cgroup", text, sizeof text,
                      &size)); /* missing: no cgroup */
    (void)cgroup_path_parse(text, size, buffer, capacity);
}

static uint64_t inode_of(const char *path)
{
    struct stat status = {0};

    if (sys_call4(SYS_newfstatat, AT_FDCWD, (long)path, (long)&status, 0) < 0)
        return 0;
    return status.st_ino;
}

void box_identity_fill(const struct config *config, struct box_file *file)
{
    struct box_identity *identity = &file->box->identity;
    struct consent_page page;
    size_t size = 0;

    identity->pid = file->pid;
    identity->parent_pid = (int32_t)sys_call0(SYS_getppid);
    identity->uid = (uint32_t)sys_call0(SYS_geteuid);
    identity->gid = (uint32_t)sys_call0(SYS_getegid);
    identity->start_ticks = file->start_ticks;
    identity->start_boot_ns = (uint64_t)sys_clock_ns(CLOCK_BOOTTIME);
    identity->start_unix_ms = (uint64_t)sys_clock_ns(CLOCK_REALTIME) / 1000000u;
    identity->ring_epoch_boot_ns = identity->start_boot_ns;
    identity->ring_epoch_unix_ms = identity->start_unix_ms;
    identity->pid_namespace = inode_of("/proc/self/ns/pid");
    identity->cgroup_namespace = inode_of("/proc/self/ns/cgroup");
    identity->do_not_track = config->do_not_track;
    consent_page_read(file->state_fd, &page);
    identity->consent_epoch = page.epoch;
    identity->recording_classes = page.recording_classes;
    if (config->do_not_track) {
        identity->recording_classes &=
            ~(CLASS_BIT(CLASS_OPTIONAL) | CLASS_BIT(CLASS_SENSITIVE));
    }
    if (io_read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id",
                     identity->boot_id, sizeof identity->boot_id, &size) == 0)
        identity->boot_id[strcspn(identity->boot_id, "\n")] = '\0';
    box_string(identity->app, sizeof identity->app, config->app);
    box_string(identity->app_version, sizeof identity->app_version,
               config->app_version);
    box_string(identity->state_dir, sizeof identity->state_dir,
               config->state_dir);
    read_link("/proc/self/exe", identity->executable,
              sizeof identity->executable);
    read_cgroup(identity->cgroup, sizeof identity->cgroup);
    box_seal(identity, sizeof *identity, 1);
}

/*
 * The first sample, so that who dies before the sampler's first tick has one:
 * the resident set, second field of statm (proc(5)).
 */
void box_identity_sample(struct box *box)
{
    char text[PROC_TEXT_BYTES];
    struct box_sample sample;
    size_t size = 0;
    uint64_t pages;

    DROP(io_read_text(AT_FDCWD, "/proc/self/statm", text, sizeof text, &size));
    const char *at = memchr(text, ' ', size);
    const char *end = text + size;
    at = at ? at + 1 : end;
    if (fmt_parse_u64(&at, end, 10, &pages) < 0)
        return;
    memset(&sample, 0xff, sizeof sample);
    sample.time_ms = 0;
    sample.rss_pages = (uint32_t)pages;
    sample.slope_kib_per_s = INT16_MIN;
    sample.flags = 0;
    sample.version = 1;
    sample.cgroup_oom_events = 0;
    sample.cgroup_oom_kill_events = 0;
    box_ring_append(box->seconds, BOX_SECONDS_COUNT, 1, &sample);
}
