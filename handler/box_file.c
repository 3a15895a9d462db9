/*
 * Makes and removes the box file. A file that is there already under our name
 * belonged to the image before an exec: pid and start time are the same, so it
 * is taken over. Context: any.
 */
#include "handler/box_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"
#include "proto/cgroup_place.h"
#include "proto/data_class.h"

#define FD_ABOVE        200
#define PROC_TEXT_BYTES 2048

static uint64_t clock_ns(int clock)
{
    struct timespec now = {0};

    (void)sys_call2(SYS_clock_gettime, clock, (long)&now); /* cannot fail */
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Field 22 of /proc/self/stat; the name in field 2 may hold anything. */
static uint64_t start_ticks(void)
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

/*
 * RLIMIT_FSIZE below the box would send SIGXFSZ: then there is no file. On a
 * kernel without fallocate for this file system (EOPNOTSUPP) the file is
 * written out, so that no later store meets a full disk.
 */
static int reserve(int fd)
{
    struct rlimit limit = {0};

    long r = sys_call4(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit);
    if (r == 0 && limit.rlim_cur < sizeof(struct box))
        return -EFBIG;
    r = sys_call2(SYS_ftruncate, fd, 0);
    if (r == 0)
        r = sys_call4(SYS_fallocate, fd, 0, 0, (long)sizeof(struct box));
    if (r != -EOPNOTSUPP)
        return (int)r;
    static const uint8_t zeros[BOX_PAGE_BYTES];
    for (size_t at = 0; at < sizeof(struct box) && r >= 0; at += sizeof zeros)
        r = io_write_all(fd, zeros, sizeof zeros);
    return r < 0 ? (int)r : 0;
}

/* A file of ours alone: another name of it may be anybody's. */
static bool is_own_file(int fd)
{
    struct stat status = {0};

    return sys_call2(SYS_fstat, fd, (long)&status) == 0 &&
           S_ISREG(status.st_mode) && status.st_nlink == 1;
}

/*
 * A lock of the process, which ends with it: it tells other pid namespaces
 * that this process lives. A forked child does not inherit it (fcntl(2)).
 */
static void lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    /* Without a lock the samples tell, if later. */
    (void)sys_call3(SYS_fcntl, fd, F_SETLK, (long)&whole);
}

static int open_file(const struct config *config, struct box_file *file)
{
    OWNED_FD dir = -1;
    int r = state_dir_open(config->box_dir, &dir);
    if (r < 0)
        return r;
    OWNED_FD fd = sys_openat(dir, file->name,
                             O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fd;
    if (!is_own_file(fd))
        return -EPERM;
    state_give(dir, fd);
    r = reserve(fd);
    if (r < 0) {
        (void)sys_call3(SYS_unlinkat, dir, (long)file->name, 0); /* ours */
        return r;
    }
    DROP(fd_move_above(&fd, FD_ABOVE)); /* stays where it is on failure */
    file->fd = fd_take(&fd);
    lock(file->fd);
    return 0;
}

static int map_box(struct box_file *file)
{
    long flags = file->fd >= 0 ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
    long at = sys_call6(SYS_mmap, 0, (long)sizeof(struct box),
                        PROT_READ | PROT_WRITE, flags, file->fd, 0);
    if (at < 0 && at > -4096)
        return (int)at;
    if (file->fd >= 0) /* no read-ahead: a page is had when it is touched */
        (void)sys_call3(SYS_madvise, at, (long)sizeof(struct box), MADV_RANDOM);
    file->box = (struct box *)at;
    return 0;
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

static void fill_identity(const struct config *config, struct box_file *file)
{
    struct box_identity *identity = &file->box->identity;
    struct consent_page page;
    size_t size = 0;

    identity->pid = file->pid;
    identity->parent_pid = (int32_t)sys_call0(SYS_getppid);
    identity->uid = (uint32_t)sys_call0(SYS_geteuid);
    identity->gid = (uint32_t)sys_call0(SYS_getegid);
    identity->start_ticks = file->start_ticks;
    identity->start_boot_ns = clock_ns(CLOCK_BOOTTIME);
    identity->start_unix_ms = clock_ns(CLOCK_REALTIME) / 1000000u;
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
static void first_sample(struct box *box)
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

static void open_dumper(const struct config *config, struct box_file *file)
{
    struct stat status = {0};
    OWNED_FD fd = sys_openat(AT_FDCWD, config->dumper_path,
                             O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);

    if (fd < 0 || sys_call2(SYS_fstat, fd, (long)&status) < 0)
        return;
    DROP(fd_move_above(&fd, FD_ABOVE)); /* stays where it is on failure */
    file->dumper_device = status.st_dev;
    file->dumper_inode = status.st_ino;
    file->dumper_fd = fd_take(&fd);
}

/* Whether the state directory is another's, or a link: nothing goes there. */
static bool is_refused(int r)
{
    return r == -EPERM || r == -ELOOP || r == -ENOTDIR;
}

int box_file_open(const struct config *config, struct box_file *ret_file)
{
    struct box_file file = {.fd = -1, .state_fd = -1, .dumper_fd = -1};

    file.pid = sys_getpid();
    file.start_ticks = start_ticks();
    state_box_name(file.pid, file.start_ticks, file.name);
    int r = state_dir_open(config->state_dir, &file.state_fd);
    if (r == 0)
        DROP(fd_move_above(&file.state_fd, FD_ABOVE)); /* else it stays */
    if (!is_refused(r))
        (void)open_file(config, &file); /* else: an anonymous box */
    r = map_box(&file);
    if (r < 0) {
        box_file_remove(config, &file);
        box_file_close(&file);
        return r;
    }
    open_dumper(config, &file);
    fill_identity(config, &file);
    first_sample(file.box);
    file.box->control.phase = BOX_BEFORE_MAIN;
    file.box->control.rate_limit_off = !config->rate_limit;
    file.box->control.supervisor_pid = (uint32_t)config->supervisor_pid;
    file.box->size_bytes = sizeof(struct box);
    file.box->version = BOX_VERSION;
    __atomic_store_n(&file.box->magic, BOX_MAGIC, __ATOMIC_RELEASE);
    *ret_file = file;
    return 0;
}

void box_file_remove(const struct config *config, struct box_file *file)
{
    char path[STATE_PATH_BYTES + BOX_NAME_BYTES];
    struct text text = text_init(path, sizeof path);

    if (file->fd < 0)
        return;
    text_append(&text, config->box_dir);
    text_append(&text, "/");
    text_append(&text, file->name);
    (void)sys_call3(SYS_unlinkat, AT_FDCWD, (long)path, 0); /* swept later */
}

void box_file_close(struct box_file *file)
{
    fd_close(&file->fd);
    fd_close(&file->state_fd);
    fd_close(&file->dumper_fd);
}
