/* The stack from the box, the rest from files. Context: tool. */
#include "handler/dumper/offline.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/box.h"

/* The part of the copied stack that lies in the page. */
static bool from_stack(const struct box *box, uint64_t address, uint8_t *page)
{
    uint64_t begin = box->crash.stack_address;
    uint64_t size = box->crash.stack_bytes;

    if (size > sizeof box->stack || begin > UINT64_MAX - size)
        return false;
    uint64_t end = begin + size;
    uint64_t page_end = address + OFFLINE_PAGE_BYTES;
    uint64_t low = begin > address ? begin : address;
    uint64_t high = end < page_end ? end : page_end;
    if (low >= high)
        return false;
    memset(page, 0, OFFLINE_PAGE_BYTES);
    memcpy(page + (low - address), box->stack + (low - begin), high - low);
    return true;
}

/* Only the very file that was mapped: same device, same inode. */
static int open_mapped(const struct target_mapping *mapping)
{
    struct stat status;
    OWNED_FD fd =
        open(mapping->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        status.st_dev != mapping->device || status.st_ino != mapping->inode)
        return -1;
    return fd_take(&fd);
}

static bool from_file(const struct target_mapping *mapping, uint64_t address,
                      uint8_t *page)
{
    if (!mapping->readable || mapping->path[0] != '/')
        return false;
    OWNED_FD fd = open_mapped(mapping);
    if (fd < 0)
        return false;
    memset(page, 0, OFFLINE_PAGE_BYTES); /* beyond the end of the file */
    return pread(fd, page, OFFLINE_PAGE_BYTES,
                 (off_t)(mapping->offset + (address - mapping->begin))) > 0;
}

bool offline_page(const struct target *target, uint64_t address, uint8_t *page)
{
    if (from_stack(target->box, address, page))
        return true;
    const struct target_mapping *mapping = target_mapping_at(target, address);
    return mapping && from_file(mapping, address, page);
}
