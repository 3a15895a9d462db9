/*
 * Writes samples into the rings of a box file as fast as it can, as the
 * sampler does, until it is killed: ring_writer FILE. Context: tool.
 */
#include "tests/memory/ring_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "handler/sampler/sample_rings.h"
#include "proto/base/fd.h"

#define STEP_MS 1000u

int main(int argc, char **argv)
{
    struct sample_rings rings = {0};
    struct box_sample sample;

    if (argc != 2)
        return 64;
    OWNED_FD fd = open(argv[1], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)sizeof(struct box)) < 0)
        return 73;
    struct box *box =
        mmap(NULL, sizeof *box, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (box == MAP_FAILED)
        return 71;
    box->magic = BOX_MAGIC;
    box->version = BOX_VERSION;
    box->size_bytes = sizeof *box;
    puts("ready");
    (void)fflush(stdout);
    for (uint32_t time_ms = STEP_MS;; time_ms += STEP_MS) {
        ring_fill(&sample, time_ms);
        sample_rings_add(&rings, box, time_ms, &sample);
    }
}
