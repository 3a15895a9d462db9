/* The spare file. Context: any. */
#include "handler/box_spare.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "handler/box_descriptor.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/sys.h"
#include "proto/box_space.h"

static bool is_set(const struct box_spare *spare)
{
    return spare->name[0] != '\0';
}

/* After the process that makes it: recover.c asks whether that lives. */
static void name_of(const struct box_file *own, char name[BOX_NAME_BYTES])
{
    struct text text = text_init(name, BOX_NAME_BYTES);

    text_append_i64(&text, own->pid);
    text_append(&text, "-");
    text_append_u64(&text, own->start_ticks);
    text_append(&text, STATE_SPARE_ENDING);
}

static long lock(int fd, int command, short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};

    return sys_call3(SYS_fcntl, fd, command, (long)&whole);
}

/* All that makes it a file that may be claimed. */
static bool begin(int fd, struct box_spare *spare)
{
    struct stat status = {0};

    if (sys_call2(SYS_fstat, fd, (long)&status) < 0 || box_space_begin(fd) < 0)
        return false;
    spare->device = status.st_dev;
    spare->inode = status.st_ino;
    return lock(fd, F_OFD_SETLK, F_RDLCK) == 0;
}

static void let_go(struct box_spare *spare)
{
    if (is_set(spare) &&
        box_descriptor_is(spare->fd, spare->device, spare->inode))
        fd_close(&spare->fd);
    *spare = (struct box_spare){0};
}

void box_spare_make(const struct config *config, const struct box_file *own,
                    struct box_spare *spare)
{
    struct box_spare made;
    OWNED_FD dir = -1;

    if (is_set(spare) && spare->pid == own->pid)
        return;
    let_go(spare);
    if (state_dir_open(config->box_dir, &dir) < 0)
        return;
    made.pid = own->pid;
    name_of(own, made.name);
    OWNED_FD fd = sys_openat(dir, made.name,
                             O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                             S_IRUSR | S_IWUSR);
    if (fd < 0)
        return;
    bool begun = begin(fd, &made);
    fd_put_away(&fd); /* it is nothing without its descriptor */
    if (!begun || fd < 0) {
        (void)sys_call3(SYS_unlinkat, dir, (long)made.name, 0); /* ours */
        return;
    }
    made.fd = fd_take(&fd);
    *spare = made;
}

/* Empty, and still in its directory: recover takes away what nobody holds. */
static bool is_unclaimed(int fd)
{
    struct stat status = {0};
    uint64_t magic = 0;

    return sys_call2(SYS_fstat, fd, (long)&status) == 0 &&
           status.st_nlink == 1 &&
           sys_call4(SYS_pread64, fd, (long)&magic, sizeof magic, 0) ==
               sizeof magic &&
           magic == 0;
}

bool box_spare_claim(struct box_spare *spare, struct box_file *file)
{
    if (!is_set(spare) || sys_call0(SYS_geteuid) == 0)
        return false;
    int fd = spare->fd;
    bool there = box_descriptor_is(fd, spare->device, spare->inode);
    bool taken = there && is_unclaimed(fd);
    if (taken) {
        /* The first lock is everybody's, and excludes the one for this process
         * alone, which the box's file has (box_file.c). */
        (void)lock(fd, F_OFD_SETLK, F_UNLCK);
        taken = lock(fd, F_SETLK, F_WRLCK) == 0 && is_unclaimed(fd);
    }
    if (taken) {
        file->fd = fd;
        file->device = spare->device;
        file->inode = spare->inode;
        memcpy(file->name, spare->name, sizeof file->name);
        *spare = (struct box_spare){0};
    } else {
        let_go(spare);
    }
    return taken;
}

void box_spare_remove(const struct config *config,
                      const struct box_spare *spare)
{
    OWNED_FD dir = -1;

    if (is_set(spare) && spare->pid == sys_getpid() &&
        sys_call0(SYS_geteuid) == 0 &&
        box_descriptor_is(spare->fd, spare->device, spare->inode) &&
        is_unclaimed(spare->fd) && state_dir_open(config->box_dir, &dir) == 0)
        (void)sys_call3(SYS_unlinkat, dir, (long)spare->name, 0); /* swept */
}
