/* Room for a box, before it is written. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/box_space.h"

#define BLOCK_BYTES 512 /* st_blocks counts such (stat(2)) */

/* A new file in memory, where pages are blocks. */
static int new_file(void)
{
    int fd = memfd_create("box", MFD_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static struct stat status_of(int fd)
{
    struct stat status;

    assert_int_equal(fstat(fd, &status), 0);
    return status;
}

static struct box *map_of(int fd)
{
    void *at = mmap(NULL, sizeof(struct box), PROT_READ | PROT_WRITE,
                    MAP_SHARED, fd, 0);

    assert_ptr_not_equal(at, MAP_FAILED);
    return at;
}

static void room_comes_with_the_head_and_with_the_rest(void **state)
{
    int fd = new_file();

    (void)state;
    assert_int_equal(box_space_begin(fd), 0);
    assert_int_equal(status_of(fd).st_size, sizeof(struct box));
    assert_int_equal(status_of(fd).st_blocks, 0);
    struct box *box = map_of(fd);
    if (box_space_head(box) == -EINVAL)
        skip(); /* Linux before 5.14 */
    assert_int_equal(status_of(fd).st_blocks * BLOCK_BYTES, BOX_HEAD_BYTES);
    box->seconds[0].time_ms = 7;
    assert_int_equal(box_space_rest(fd), 0);
    assert_true(status_of(fd).st_blocks * BLOCK_BYTES >=
                (off_t)sizeof(struct box));
    assert_int_equal(box->seconds[0].time_ms, 7);
    assert_int_equal(munmap(box, sizeof *box), 0);
    assert_int_equal(close(fd), 0);
}

static void a_taken_over_file_begins_empty(void **state)
{
    int fd = new_file();

    (void)state;
    assert_int_equal(box_space_begin(fd), 0);
    assert_int_equal(box_space_rest(fd), 0);
    assert_int_equal(pwrite(fd, "old", 3, 0), 3);
    assert_int_equal(box_space_begin(fd), 0);
    assert_int_equal(status_of(fd).st_blocks, 0);
    struct box *box = map_of(fd);
    assert_int_equal(box->magic, 0);
    assert_int_equal(munmap(box, sizeof *box), 0);
    assert_int_equal(close(fd), 0);
}

static void a_limit_is_an_error_and_no_signal(void **state)
{
    struct rlimit before;
    int fd = new_file();

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {sizeof(struct box) - 1, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(box_space_begin(fd), -EFBIG); /* SIGXFSZ would kill us */
    assert_int_equal(status_of(fd).st_size, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(box_space_begin(fd), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(box_space_rest(fd), 0); /* it has its length already */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_comes_with_the_head_and_with_the_rest),
        cmocka_unit_test(a_taken_over_file_begins_empty),
        cmocka_unit_test(a_limit_is_an_error_and_no_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
