/* Figures for one sample. Formats: proc(5), cgroups(7). Context: guest. */
#include "handler/memory_stats.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"
#include "proto/state_dir.h"

#define FD_ABOVE     200
#define TEXT_BYTES   2048
#define KIB_PER_PAGE 4
#define PAGE_BYTES   4096

static int open_high(const char *path)
{
    int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);

    if (fd >= 0)
        DROP(fd_move_above(&fd, FD_ABOVE)); /* stays where it is on failure */
    return fd;
}

static int open_cgroup(const char *root, const char *cgroup, const char *file)
{
    char path[STATE_PATH_BYTES * 2];
    struct text text = text_init(path, sizeof path);

    text_append(&text, root);
    text_append(&text, strcmp(cgroup, "/") == 0 ? "" : cgroup);
    text_append(&text, file);
    return text.cut ? -1 : open_high(path);
}

/* v2 first, then v1; inside a container the path is that of its own root. */
static int open_cgroup_any(const char *cgroup, const char *v2_file,
                           const char *v1_file)
{
    int fd = open_cgroup("/sys/fs/cgroup", cgroup, v2_file);

    if (fd < 0)
        fd = open_cgroup("/sys/fs/cgroup/memory", cgroup, v1_file);
    if (fd < 0)
        fd = open_cgroup("/sys/fs/cgroup/memory", "", v1_file);
    return fd;
}

void memory_stats_open(struct memory_stats *stats, const char *cgroup)
{
    *stats = (struct memory_stats){
        .statm_fd = open_high("/proc/self/statm"),
        .stat_fd = open_high("/proc/self/stat"),
        .status_fd = open_high("/proc/self/status"),
        .cgroup_current_fd = open_cgroup_any(cgroup, "/memory.current",
                                             "/memory.usage_in_bytes"),
        .cgroup_limit_fd =
            open_cgroup_any(cgroup, "/memory.max", "/memory.limit_in_bytes"),
        .pressure_fd = open_high("/proc/pressure/memory"),
    };
}

void memory_stats_close(struct memory_stats *stats)
{
    fd_close(&stats->statm_fd);
    fd_close(&stats->stat_fd);
    fd_close(&stats->status_fd);
    fd_close(&stats->cgroup_current_fd);
    fd_close(&stats->cgroup_limit_fd);
    fd_close(&stats->pressure_fd);
}

/* The file from its start; its size, 0 when there is none. */
static size_t read_at_start(int fd, char text[TEXT_BYTES])
{
    long n = fd < 0 ? 0 : sys_pread(fd, text, TEXT_BYTES - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

/* Number of blank-separated field index (from 0), or fallback. */
static uint64_t field_u64(const char *text, size_t size, int index,
                          uint64_t fallback)
{
    const char *at = text;
    const char *end = text + size;
    uint64_t value;

    for (; index > 0 && at; index--) {
        at = memchr(at, ' ', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    if (!at || fmt_parse_u64(&at, end, 10, &value) < 0)
        return fallback;
    return value;
}

static uint32_t clamp_u32(uint64_t value)
{
    return value < BOX_UNKNOWN_U32 ? (uint32_t)value : BOX_UNKNOWN_U32;
}

static uint16_t clamp_u16(uint64_t value)
{
    return value < BOX_UNKNOWN_U16 ? (uint16_t)value : BOX_UNKNOWN_U16;
}

static uint32_t pages_of_file(int fd)
{
    char text[TEXT_BYTES];
    size_t size = read_at_start(fd, text);
    uint64_t bytes = field_u64(text, size, 0, UINT64_MAX);

    return clamp_u32(bytes / PAGE_BYTES);
}

/* Fields 10, 12 and 20 of stat: minflt, majflt, num_threads (from ')'). */
static void read_stat(struct memory_stats *stats, struct box_sample *sample)
{
    char text[TEXT_BYTES];
    size_t size = read_at_start(stats->stat_fd, text);
    const char *at = memrchr(text, ')', size);

    if (!at || (size_t)(at - text) + 2 > size)
        return;
    at += 2;
    size -= (size_t)(at - text);
    uint64_t minor = field_u64(at, size, 7, stats->minor_faults);
    uint64_t major = field_u64(at, size, 9, stats->major_faults);
    sample->minor_faults = clamp_u32(minor - stats->minor_faults);
    sample->major_faults = clamp_u16(major - stats->major_faults);
    sample->threads = clamp_u16(field_u64(at, size, 17, BOX_UNKNOWN_U16));
    stats->minor_faults = minor;
    stats->major_faults = major;
}

static uint32_t status_pages(const char *text, size_t size, const char *key)
{
    uint64_t kib;

    if (fmt_find_u64(text, size, key, &kib) < 0)
        return BOX_UNKNOWN_U32;
    return clamp_u32(kib / KIB_PER_PAGE);
}

static void read_status(struct memory_stats *stats, struct box_sample *sample)
{
    char text[TEXT_BYTES];
    size_t size = read_at_start(stats->status_fd, text);

    sample->anon_pages = status_pages(text, size, "RssAnon:");
    sample->swap_pages = status_pages(text, size, "VmSwap:");
}

/* "some avg10=1.23 …": the average over 10 s in thousandths. */
static uint16_t pressure(const char *text, size_t size, const char *key)
{
    const char *at = memmem(text, size, key, strlen(key));
    const char *end = text + size;
    uint64_t whole;
    uint64_t hundredths = 0;

    if (!at)
        return BOX_UNKNOWN_U16;
    at += strlen(key);
    if (fmt_parse_u64(&at, end, 10, &whole) < 0)
        return BOX_UNKNOWN_U16;
    if (at < end && *at == '.') {
        at++;
        if (fmt_parse_u64(&at, end, 10, &hundredths) < 0)
            return BOX_UNKNOWN_U16;
    }
    return clamp_u16(whole * 10 + hundredths / 10);
}

/* Since kernel 6.2 st_size of /proc/self/fd is the number of descriptors. */
static uint16_t count_fds(void)
{
    struct stat status = {0};

    if (sys_call4(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/fd",
                  (long)&status, 0) < 0 ||
        status.st_size == 0)
        return BOX_UNKNOWN_U16;
    return clamp_u16((uint64_t)status.st_size);
}

void memory_stats_read(struct memory_stats *stats, bool slow,
                       struct box_sample *sample)
{
    char text[TEXT_BYTES];
    size_t size = read_at_start(stats->statm_fd, text);

    memset(sample, 0xff, sizeof *sample); /* nothing known yet */
    sample->rss_pages = clamp_u32(field_u64(text, size, 1, BOX_UNKNOWN_U32));
    read_stat(stats, sample);
    if (slow)
        read_status(stats, sample);
    sample->cgroup_current_pages = pages_of_file(stats->cgroup_current_fd);
    sample->cgroup_limit_pages = pages_of_file(stats->cgroup_limit_fd);
    size = read_at_start(stats->pressure_fd, text);
    sample->pressure_some_permille = pressure(text, size, "some avg10=");
    sample->pressure_full_permille = pressure(text, size, "full avg10=");
    sample->fds = count_fds();
    sample->cgroup_oom_events = 0;
    sample->cgroup_oom_kill_events = 0;
    sample->slope_kib_per_s = INT16_MIN;
    sample->flags = 0;
    sample->version = 1;
}
