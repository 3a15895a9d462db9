/* Who a process without a box is. Context: tool. */
#include "handler/dumper/substitute_box.h"

#include <time.h>

#include "proto/base/sys.h"
#include "proto/box_place.h"
#include "proto/state_dir.h"

#define NS_PER_S  1000000000u
#define NS_PER_MS 1000000u

static void fill_times(uint64_t start_boot_ns, struct box_identity *identity)
{
    uint64_t boot_ns = (uint64_t)sys_clock_ns(CLOCK_BOOTTIME);
    uint64_t unix_ns = (uint64_t)sys_clock_ns(CLOCK_REALTIME);
    uint64_t start_ns =
        start_boot_ns > 0 && start_boot_ns < boot_ns ? start_boot_ns : boot_ns;

    identity->start_boot_ns = start_ns;
    identity->start_unix_ms = (unix_ns - (boot_ns - start_ns)) / NS_PER_MS;
    identity->ring_epoch_boot_ns = identity->start_boot_ns;
    identity->ring_epoch_unix_ms = identity->start_unix_ms;
}

struct box *substitute_box(const struct substitute *who, int state_fd)
{
    static struct box box;
    struct box_identity *identity = &box.identity;
    struct consent_page page;

    fill_times(who->start_boot_ns, identity);
    identity->pid = who->pid;
    identity->parent_pid = who->parent_pid;
    identity->start_ticks = who->start_ticks;
    consent_page_read(state_fd, &page);
    identity->consent_epoch = page.epoch;
    identity->recording_classes = page.recording_classes;
    box_place_read(&identity->place);
    box_string(identity->app, sizeof identity->app, who->app);
    box_string(identity->app_version, sizeof identity->app_version,
               who->app_version);
    box_string(identity->executable, sizeof identity->executable,
               who->executable);
    box_string(identity->state_dir, sizeof identity->state_dir, who->state_dir);
    box_seal(identity, sizeof *identity, 1);
    return &box;
}
