/*
 * Makes and removes the box file. A file that is there already under our name
 * belonged to the image before an exec: pid and start time are the same, so it
 * is taken over. Context: any.
 */
#include "handler/box_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "handler/box_descriptor.h"
#include "handler/box_identity.h"
#include "handler/box_limits.h"
#include "handler/box_spare.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"
#include "proto/box_place.h"
#include "proto/box_space.h"

#define OWNERS 0600

/* A file of ours alone: another name of it may be anybody's. */
static bool is_own_file(int fd, struct box_file *file)
{
    struct stat status = {0};

    if (sys_call2(SYS_fstat, fd, (long)&status) < 0 ||
        !S_ISREG(status.st_mode) || status.st_nlink != 1)
        return false;
    /* Whatever the program's umask is, its owner may recover it. */
    if ((status.st_mode & OWNERS) != OWNERS)
        (void)sys_call2(SYS_fchmod, fd, OWNERS);
    file->device = status.st_dev;
    file->inode = status.st_ino;
    return true;
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

/*
 * In a directory of another's the box stays ours: he shall not read our stacks,
 * nor end us by cutting short what we map (SIGBUS). What he put there under its
 * name goes; at an exec that is the box of the image before.
 */
static int create_file(int dir, const char *name)
{
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    struct stat status = {0};

    long r = sys_call2(SYS_fstat, dir, (long)&status);
    if (r < 0)
        return (int)r;
    if (status.st_uid == (uint32_t)sys_call0(SYS_geteuid))
        return sys_openat(dir, name, flags, OWNERS);
    (void)sys_call3(SYS_unlinkat, dir, (long)name,
                    0); /* mostly there is none */
    return sys_openat(dir, name, flags | O_EXCL, OWNERS);
}

static int open_file(const struct config *config, struct box_file *file)
{
    OWNED_FD dir = -1;
    int r = state_dir_open(config->box_dir, &dir);
    if (r < 0)
        return r;
    OWNED_FD fd = create_file(dir, file->name);
    if (fd < 0)
        return fd;
    if (!is_own_file(fd, file))
        return -EPERM;
    r = box_space_begin(fd);
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
    file->is_anonymous = file->fd < 0;
    return 0;
}

static void path_of(const struct config *config, const struct box_file *file,
                    char *buffer, size_t size)
{
    struct text text = text_init(buffer, size);

    text_append(&text, config->box_dir);
    text_append(&text, "/");
    text_append(&text, file->name);
}

/* Without the file: what was mapped of it goes, for it finds no room. */
static int map_anonymous(const struct config *config, struct box_file *file)
{
    (void)sys_call2(SYS_munmap, (long)file->box, (long)sizeof(struct box));
    box_file_remove(config, file);
    fd_close(&file->fd);
    return map_box(file);
}

/* Maps the box, with room for its head at least. */
static int map_with_room(const struct config *config, struct box_file *file)
{
    int r = map_box(file);

    if (r == 0 && file->fd >= 0) {
        if (box_space_head(file->box) == 0)
            return 0;
        if (box_space_rest(file->fd) < 0)
            r = map_anonymous(config, file);
    }
    if (r == 0)
        file->box->control.has_room = 1;
    return r;
}

static bool is_ours(int fd, const struct box_file *file)
{
    return box_descriptor_is(fd, file->device, file->inode);
}

/* Apart, for its path is large, and the stack may be a small one. */
static __attribute__((noinline)) int open_again(const struct config *config,
                                                const struct box_file *file)
{
    char path[STATE_PATH_BYTES + BOX_NAME_BYTES];

    path_of(config, file, path, sizeof path);
    return sys_openat(AT_FDCWD, path,
                      O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
}

int box_file_descriptor(const struct config *config, struct box_file *file)
{
    if (is_ours(file->fd, file))
        return 0;
    OWNED_FD fd = open_again(config, file);
    if (fd < 0)
        return fd;
    if (!is_ours(fd, file))
        return -ESTALE;
    DROP(fd_move_above(&fd, FD_ABOVE)); /* stays where it is on failure */
    file->fd = fd_take(&fd);
    return 0;
}

int box_file_reserve(const struct config *config, struct box_file *file)
{
    int r = box_file_descriptor(config, file);

    if (r == 0)
        r = box_space_rest(file->fd);
    if (r == 0)
        __atomic_store_n(&file->box->control.has_room, 1, __ATOMIC_RELEASE);
    fd_put_away(&file->fd);
    return r;
}

/* All of the mapping into the file, which takes its place. */
static int move_into_file(struct box_file *file)
{
    long r = box_space_rest(file->fd);

    if (r == 0)
        r = io_write_all(file->fd, file->box, sizeof(struct box));
    if (r == 0) {
        r = sys_call6(SYS_mmap, (long)file->box, (long)sizeof(struct box),
                      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file->fd,
                      0);
    }
    return r > -4096 && r < 0 ? (int)r : 0;
}

static int retry(const struct config *config, struct box_file *file)
{
    int r = 0;

    if (file->state_fd < 0)
        r = box_descriptor_open_state(config, file);
    if (r == 0)
        r = open_file(config, file);
    if (r < 0)
        return r;
    r = move_into_file(file);
    if (r < 0) {
        box_file_remove(config, file);
        fd_close(&file->fd);
        return r;
    }
    file->is_anonymous = false;
    return 0;
}

int box_file_retry(const struct config *config, struct box_file *file)
{
    struct box_limits limits;

    if (!file->is_anonymous)
        return 0;
    box_limits_raise(&limits);
    int r = retry(config, file);
    box_limits_restore(&limits);
    return r;
}

static void open_dumper(const struct config *config, struct box_file *file)
{
    struct stat status = {0};
    OWNED_FD fd = sys_openat(AT_FDCWD, config->dumper_path,
                             O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);

    if (fd < 0 || sys_call2(SYS_fstat, fd, (long)&status) < 0)
        return;
    file->dumper_device = status.st_dev;
    file->dumper_inode = status.st_ino;
    fd_put_away(&fd);
    file->dumper_fd = fd_take(&fd);
}

/* Whether the state directory is another's, or a link: nothing goes there. */
static bool is_refused(int r)
{
    return r == -EPERM || r == -ELOOP || r == -ENOTDIR;
}

/* All that takes room or a descriptor. */
static int open_all(const struct config *config, struct box_spare *spare,
                    struct box_file *file)
{
    int r = box_descriptor_open_state(config, file);
    if (r == 0)
        fd_put_away(&file->state_fd);
    if (!is_refused(r) && open_file(config, file) < 0)
        (void)box_spare_claim(spare, file); /* else: an anonymous box */
    r = map_with_room(config, file);
    if (r < 0) {
        box_file_remove(config, file);
        box_descriptors_close(file);
        return r;
    }
    open_dumper(config, file);
    fd_put_away(&file->fd);
    return 0;
}

/*
 * 0: its program was a daemon that went to the background, and it ended with
 * that. Who starts later ends without it, and that is no sign of anything. In
 * another pid namespace nobody has its number.
 */
static uint32_t supervisor_now(const struct config *config)
{
    if (config->supervisor_pid != 0 && config->supervisor_namespace != 0 &&
        sys_call2(SYS_kill, config->supervisor_pid, 0) == -ESRCH &&
        config->supervisor_namespace == box_place_inode("/proc/self/ns/pid"))
        return 0;
    return (uint32_t)config->supervisor_pid;
}

int box_file_open(const struct config *config, bool sampled,
                  struct box_spare *spare, struct box_file *ret_file)
{
    struct box_file file = {.fd = -1, .state_fd = -1, .dumper_fd = -1};
    struct box_birth birth;
    struct box_limits limits;

    file.pid = sys_getpid();
    box_identity_birth(&birth);
    file.start_ticks = birth.start_ticks;
    state_box_name(file.pid, file.start_ticks, file.name);
    box_limits_raise(&limits);
    int r = open_all(config, spare, &file);
    box_limits_restore(&limits);
    if (r < 0)
        return r;
    box_identity_fill(config, sampled, &file);
    box_identity_sample(file.box, birth.rss_pages);
    file.box->control.phase = BOX_BEFORE_MAIN;
    file.box->control.rate_limit_off = !config->rate_limit;
    file.box->control.supervisor_pid = supervisor_now(config);
    file.box->size_bytes = sizeof(struct box);
    file.box->version = BOX_VERSION;
    __atomic_store_n(&file.box->magic, BOX_MAGIC, __ATOMIC_RELEASE);
    *ret_file = file;
    return 0;
}

void box_file_remove(const struct config *config, struct box_file *file)
{
    char path[STATE_PATH_BYTES + BOX_NAME_BYTES];

    if (file->fd < 0 && file->inode == 0)
        return; /* there never was one */
    path_of(config, file, path, sizeof path);
    (void)sys_call3(SYS_unlinkat, AT_FDCWD, (long)path, 0); /* swept later */
}
