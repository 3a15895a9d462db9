/* handler/own_memory: what is there, at the edges of pages. Context: tool. */
#include "tests/unit/support.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "handler/own_memory.h"

#define PAGE_BYTES 4096

/* Two pages that may be written, one that may be read, one that nobody may. */
static uint8_t *make_pages(void)
{
    uint8_t *pages = mmap(NULL, 4 * PAGE_BYTES, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(pages != MAP_FAILED);
    assert_int_equal(mprotect(pages + 2 * PAGE_BYTES, PAGE_BYTES, PROT_READ),
                     0);
    assert_int_equal(mprotect(pages + 3 * PAGE_BYTES, PAGE_BYTES, PROT_NONE),
                     0);
    return pages;
}

static void each_page_of_a_range_counts(void **state)
{
    (void)state;
    uint8_t *pages = make_pages();
    uint8_t *end = pages + 3 * PAGE_BYTES;

    assert_true(own_memory_is_readable(pages, 3 * PAGE_BYTES));
    assert_false(own_memory_is_readable(pages, 3 * PAGE_BYTES + 1));
    assert_true(own_memory_is_readable(end - 1, 1));
    assert_false(own_memory_is_readable(end - 1, 2));
    assert_false(own_memory_is_readable(end, 1));
    assert_true(own_memory_is_readable(end, 0));
    assert_int_equal(munmap(pages, 4 * PAGE_BYTES), 0);
}

static void what_no_memory_can_be_is_none(void **state)
{
    (void)state;
    const uint8_t *last = (const uint8_t *)UINTPTR_MAX;

    assert_false(own_memory_is_readable(NULL, 1));
    assert_false(own_memory_is_readable(last, 1));
    assert_false(own_memory_is_readable(last, SIZE_MAX));
    assert_false(own_memory_is_readable((const void *)0x4141414141414141, 8));
}

static void what_may_be_read_only_is_not_writable(void **state)
{
    (void)state;
    uint8_t *pages = make_pages();
    uint8_t *read_only = pages + 2 * PAGE_BYTES;

    assert_true(own_memory_is_writable(read_only - 8));
    assert_false(own_memory_is_writable(read_only - 4));
    assert_false(own_memory_is_writable(read_only));
    assert_int_equal(munmap(pages, 4 * PAGE_BYTES), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_page_of_a_range_counts),
        cmocka_unit_test(what_no_memory_can_be_is_none),
        cmocka_unit_test(what_may_be_read_only_is_not_writable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
