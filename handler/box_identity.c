/* What a box says of its process from the start. Context: any. */
#include "handler/box_identity.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"
#include "proto/box_place.h"
#include "proto/cgroup_place.h"
#include "proto/data_class.h"
#include "proto/state_dir.h"

#define PROC_TEXT_BYTES 2048
#define NS_PER_TICK     10000000u /* USER_HZ is 100 */
#define NS_PER_MS       1000000u

/* Fields of /proc/PID/stat, counted from 1: proc(5). */
#define STAT_START_TICKS 22
#define STAT_RSS_PAGES   24

/* A field behind the name, which is the second and may hold anything. */
static uint64_t stat_field(const char *text, size_t size, int wanted)
{
    const char *end = text + size;
    const char *at = memrchr(text, ')', size);
    uint64_t value = 0;

    for (int field = 2; at && field < wanted; field++) {
        at = memchr(at, ' ', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    return at && fmt_parse_u64(&at, end, 10, &value) == 0 ? value : 0;
}

void box_identity_birth(struct box_birth *ret_birth)
{
    char text[PROC_TEXT_BYTES];
    size_t size = 0;

    DROP(io_read_text(AT_FDCWD, "/proc/self/stat", text, sizeof text, &size));
    ret_birth->start_ticks = stat_field(text, size, STAT_START_TICKS);
    ret_birth->rss_pages = stat_field(text, size, STAT_RSS_PAGES);
}

void box_identity_link(const char *path, char *buffer, size_t size)
{
    long n = sys_call4(SYS_readlinkat, AT_FDCWD, (long)path, (long)buffer,
                       (long)size - 1);

    if (n > 0)
        buffer[n] = '\0';
}

void box_identity_executable(const struct config *config, char *ret_path,
                             size_t size)
{
    box_string(ret_path, size, config->loaded);
    if (ret_path[0] == '\0')
        box_identity_link("/proc/self/exe", ret_path, size);
}

/*
 * For the supervisor, who counted the kills in it before the start. Nobody else
 * has a use for it before the sampler has counted, too, and that looks itself:
 * a tenth of a start, in most programs for nothing.
 */
static void fill_cgroup(struct box_identity *identity)
{
    char text[PROC_TEXT_BYTES];
    size_t size = 0;

    identity->cgroup_namespace = box_place_inode("/proc/self/ns/cgroup");
    DROP(io_read_text(AT_FDCWD, "/proc/self/cgroup", text, sizeof text,
                      &size)); /* missing: no cgroup */
    (void)cgroup_path_parse(text, size, identity->cgroup,
                            sizeof identity->cgroup);
}

static uint64_t begun_ns; /* CLOCK_BOOTTIME */

void box_identity_begin(void)
{
    begun_ns = (uint64_t)sys_clock_ns(CLOCK_BOOTTIME);
}

/*
 * The box of a fork child is made when it has run for a while, or at its crash:
 * the kernel knows when it was made. Before an exec that was another program.
 */
static void fill_start(uint64_t start_ticks, struct box_identity *identity)
{
    uint64_t now_ns = (uint64_t)sys_clock_ns(CLOCK_BOOTTIME);
    uint64_t start_ns = start_ticks * NS_PER_TICK;

    identity->ring_epoch_boot_ns = now_ns;
    identity->ring_epoch_unix_ms = sys_unix_ms();
    if (start_ns < begun_ns)
        start_ns = begun_ns;
    if (start_ns == 0 || start_ns > now_ns)
        start_ns = now_ns;
    identity->start_boot_ns = start_ns;
    identity->start_unix_ms =
        identity->ring_epoch_unix_ms - (now_ns - start_ns) / NS_PER_MS;
}

void box_identity_fill(const struct config *config, bool sampled,
                       struct box_file *file)
{
    struct box_identity *identity = &file->box->identity;
    struct consent_page page;

    identity->pid = file->pid;
    identity->parent_pid = (int32_t)sys_call0(SYS_getppid);
    identity->uid = (uint32_t)sys_call0(SYS_geteuid);
    identity->gid = (uint32_t)sys_call0(SYS_getegid);
    identity->start_ticks = file->start_ticks;
    fill_start(file->start_ticks, identity);
    identity->do_not_track = config->do_not_track;
    consent_page_read(file->state_fd, &page);
    identity->consent_epoch = page.epoch;
    identity->recording_classes = page.recording_classes;
    if (config->do_not_track) {
        identity->recording_classes &=
            ~(CLASS_BIT(CLASS_OPTIONAL) | CLASS_BIT(CLASS_SENSITIVE));
    }
    if (!sampled)
        box_place_read(&identity->place);
    box_string(identity->app, sizeof identity->app, config->app);
    box_string(identity->app_version, sizeof identity->app_version,
               config->app_version);
    box_string(identity->state_dir, sizeof identity->state_dir,
               config->state_dir);
    box_identity_executable(config, identity->executable,
                            sizeof identity->executable);
    if (config->supervisor_pid != 0)
        fill_cgroup(identity);
    box_seal(identity, sizeof *identity, 1);
}

void box_identity_sample(struct box *box, uint64_t rss_pages)
{
    struct box_sample sample;

    memset(&sample, 0xff, sizeof sample);
    sample.time_ms = 0;
    if (rss_pages > 0)
        sample.rss_pages = (uint32_t)rss_pages;
    sample.slope_kib_per_s = INT16_MIN;
    sample.flags = 0;
    sample.version = 1;
    sample.cgroup_oom_events = 0;
    sample.cgroup_oom_kill_events = 0;
    box_ring_append(box->seconds, BOX_SECONDS_COUNT, 1, &sample);
}
