/* Looked up in /proc. Context: any. */
#include "proto/box_place.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/io.h"
#include "proto/base/sys.h"

void box_place_read(struct box_place *ret_place)
{
    char *boot_id = ret_place->boot_id;
    struct stat status = {0};
    size_t size = 0;

    (void)sys_call4(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/ns/pid",
                    (long)&status, 0);
    ret_place->pid_namespace = status.st_ino;
    boot_id[0] = '\0';
    DROP(io_read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot_id,
                      sizeof ret_place->boot_id, &size));
    boot_id[strcspn(boot_id, "\n")] = '\0';
}
