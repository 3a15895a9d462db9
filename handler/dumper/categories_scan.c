/* The page tables to bytes by kind. Context: tool. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "handler/dumper/categories.h"
#include "proto/base/fd.h"
#include "proto/base/sys.h"

#define RANGES         1024
#define USER_ADDRESSES 0x7ffffffff000ull /* the vsyscall page lies above */

/* linux/fs.h since Linux 6.7; older headers lack it. */
struct scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
struct range {
    uint64_t start, end, categories;
};
#define SCAN         _IOWR('f', 16, struct scan)
#define SCAN_FILE    (1u << 2)
#define SCAN_PRESENT (1u << 3)
#define SCAN_ZERO    (1u << 5) /* the zero page is nobody's */

struct sums_walk {
    const struct target *target;
    struct category_sums *sums;
    size_t mapping; /* index of the first that ends above the last range */
};

/* The part of a range that lies in the mapping. */
static void add_part(struct sums_walk *walk, const struct range *range)
{
    const struct target_mapping *mapping =
        &walk->target->mappings[walk->mapping];
    uint64_t begin =
        range->start > mapping->begin ? range->start : mapping->begin;
    uint64_t end = range->end < mapping->end ? range->end : mapping->end;
    bool file_backed;

    if (begin >= end)
        return;
    uint64_t *sum =
        category_of(walk->sums, walk->target, mapping, &file_backed);
    if (file_backed && !(range->categories & SCAN_FILE))
        sum = &walk->sums->anonymous; /* written to */
    *sum += end - begin;
}

/* A range may go on over neighbouring mappings. */
static void add_range(struct sums_walk *walk, const struct range *range)
{
    while (walk->mapping < walk->target->mapping_count) {
        add_part(walk, range);
        if (walk->target->mappings[walk->mapping].end > range->end)
            return;
        walk->mapping++;
    }
}

static int scan_all(int fd, struct sums_walk *walk)
{
    static struct range ranges[RANGES];
    struct scan scan = {
        .size = sizeof scan,
        .end = USER_ADDRESSES,
        .vec = (uintptr_t)ranges,
        .vec_len = RANGES,
        .category_inverted = SCAN_ZERO,
        .category_mask = SCAN_PRESENT | SCAN_ZERO,
        .return_mask = SCAN_FILE,
    };

    while (scan.start < scan.end) {
        /* The libraries differ in the type of ioctl's request. */
        long count = sys_call3(SYS_ioctl, fd, (long)SCAN, (long)&scan);
        if (count < 0)
            return (int)count;
        for (long i = 0; i < count; i++)
            add_range(walk, &ranges[i]);
        if (scan.walk_end <= scan.start)
            return -EIO; /* it does not advance */
        scan.start = scan.walk_end;
    }
    return 0;
}

int categories_scan(const struct target *target, struct category_sums *ret_sums)
{
    struct category_sums sums = {0};
    struct sums_walk walk = {.target = target, .sums = &sums};
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%d/pagemap", target->pid);
    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = scan_all(fd, &walk);
    if (r == 0)
        r = categories_rollup(target, &sums);
    *ret_sums = sums;
    return r;
}
