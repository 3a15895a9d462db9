/* Room for a box. Context: any. */
#include "proto/box_space.h"

#include <errno.h>
#include <linux/falloc.h>
#include <linux/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "proto/base/sys.h"

/* RLIMIT_FSIZE below the box would send SIGXFSZ: then there is no file. */
static int check_limit(void)
{
    struct rlimit limit = {0};

    long r = sys_call4(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit);
    return r == 0 && limit.rlim_cur < sizeof(struct box) ? -EFBIG : 0;
}

int box_space_begin(int fd)
{
    struct stat status = {0};

    int r = check_limit();
    if (r == 0)
        r = (int)sys_call2(SYS_fstat, fd, (long)&status);
    /* Not a new one: ext4 writes a file out that was once cut to nothing, when
     * it is closed (auto_da_alloc in ext4(5)); that took 180 us. */
    if (r == 0 && status.st_size != 0)
        r = (int)sys_call2(SYS_ftruncate, fd, 0);
    if (r == 0)
        r = (int)sys_call2(SYS_ftruncate, fd, (long)sizeof(struct box));
    return r;
}

int box_space_head(struct box *box)
{
    return (int)sys_call3(SYS_madvise, (long)box, BOX_HEAD_BYTES,
                          MADV_POPULATE_WRITE);
}

/* On a kernel without fallocate for this file system the rest is written out,
 * by whoever comes first: it is empty until then. */
static int write_rest(int fd)
{
    static const uint8_t zeros[BOX_PAGE_BYTES];
    long r = check_limit(); /* a write beyond it would be a signal */

    for (size_t at = BOX_HEAD_BYTES; at < sizeof(struct box) && r >= 0;) {
        size_t size = sizeof(struct box) - at;
        if (size > sizeof zeros)
            size = sizeof zeros;
        r = sys_call4(SYS_pwrite64, fd, (long)zeros, (long)size, (long)at);
        if (r == 0)
            r = -EIO;
        at += r > 0 ? (size_t)r : 0;
    }
    return r < 0 ? (int)r : 0;
}

int box_space_rest(int fd)
{
    /* It does not grow: no limit of the file's size is asked. */
    int r = (int)sys_call4(SYS_fallocate, fd, FALLOC_FL_KEEP_SIZE, 0,
                           (long)sizeof(struct box));
    return r == -EOPNOTSUPP ? write_rest(fd) : r;
}
