/* Looked up in /proc. Context: any. */
#include "proto/box_place.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/io.h"
#include "proto/base/sys.h"

uint64_t box_place_inode(const char *path)
{
    struct stat status = {0};

    if (sys_call4(SYS_newfstatat, AT_FDCWD, (long)path, (long)&status, 0) < 0)
        return 0;
    return status.st_ino;
}

void box_place_read(struct box_place *ret_place)
{
    char *boot_id = ret_place->boot_id;
    size_t size = 0;

    ret_place->pid_namespace = box_place_inode("/proc/self/ns/pid");
    boot_id[0] = '\0';
    DROP(io_read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot_id,
                      sizeof ret_place->boot_id, &size));
    boot_id[strcspn(boot_id, "\n")] = '\0';
}
