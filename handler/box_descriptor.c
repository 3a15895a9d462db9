/* By device and inode. Context: any. */
#include "handler/box_descriptor.h"

#include <sys/stat.h>

#include "proto/base/fd.h"
#include "proto/base/sys.h"
#include "proto/state_dir.h"

bool box_descriptor_is(int fd, uint64_t device, uint64_t inode)
{
    struct stat status = {0};

    return fd >= 0 && sys_call2(SYS_fstat, fd, (long)&status) == 0 &&
           status.st_dev == device && status.st_ino == inode;
}

int box_descriptor_open_state(const struct config *config,
                              struct box_file *file)
{
    struct stat status = {0};
    OWNED_FD fd = -1;

    int r = state_dir_open(config->state_dir, &fd);
    if (r == 0)
        r = (int)sys_call2(SYS_fstat, fd, (long)&status);
    if (r < 0)
        return r;
    file->state_device = status.st_dev;
    file->state_inode = status.st_ino;
    file->state_fd = fd_take(&fd);
    return 0;
}

void box_descriptor_renew_state(const struct config *config,
                                struct box_file *file)
{
    if (box_descriptor_is(file->state_fd, file->state_device,
                          file->state_inode))
        return;
    file->state_fd = -1;
    DROP(box_descriptor_open_state(config, file)); /* the box takes it then */
}

static void close_own(int *fd, uint64_t device, uint64_t inode)
{
    if (box_descriptor_is(*fd, device, inode))
        fd_close(fd);
    *fd = -1;
}

void box_descriptor_close_state(struct box_file *file)
{
    close_own(&file->state_fd, file->state_device, file->state_inode);
}

void box_descriptors_close(struct box_file *file)
{
    close_own(&file->fd, file->device, file->inode);
    box_descriptor_close_state(file);
    close_own(&file->dumper_fd, file->dumper_device, file->dumper_inode);
}
