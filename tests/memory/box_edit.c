/*
 * Changes a box as a restart, or the reuse of its pid, would have it:
 * box_edit FILE other-boot | earlier-start. Context: tool.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/box.h"

int main(int argc, char **argv)
{
    if (argc != 3)
        return 64;
    OWNED_FD fd = open(argv[1], O_RDWR | O_CLOEXEC);
    struct box *box =
        mmap(NULL, sizeof *box, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (box == MAP_FAILED || !box_valid(box, sizeof *box))
        return 65;
    if (strcmp(argv[2], "other-boot") == 0) {
        box->identity.place.boot_id[0] ^= 1;
        box->sampler.place.boot_id[0] ^= 1;
    } else {
        box->identity.start_ticks -= 1;
    }
    box_seal(&box->identity, sizeof box->identity, 2);
    box_seal(&box->sampler, sizeof box->sampler, 2);
    return 0;
}
