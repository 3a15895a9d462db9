/*
 * Memory of a dead process that was a file's: only of the very file that was
 * mapped, and only what the process could read. Context: tool.
 */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "tests/unit/dead.h"

#define AT   0x10000u /* beyond the copied stack */
#define WORD 0x6b6e61726665656cull
#define PAGE 4096

/* A file of WORD at the begin of its second page, and nothing behind. */
static void make_file(const char *path)
{
    const uint64_t word = WORD;
    OWNED_FD fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_int_equal(pwrite(fd, &word, sizeof word, PAGE), sizeof word);
}

static bool reads(const char *rights, const struct stat *file, uint64_t inode,
                  const char *path, size_t offset)
{
    char text[SUPPORT_PATH_BYTES + 64];
    uint64_t word = 0;

    (void)dead_begin();
    (void)snprintf(text, sizeof text, "%x %x:%x %llu %s", PAGE,
                   major(file->st_dev), minor(file->st_dev),
                   (unsigned long long)inode, path);
    dead_map(AT, AT + 2 * PAGE, rights, text);
    bool read = target_read_u64(dead_open(), dead_base() + AT + offset, &word);
    if (read && offset == 0)
        assert_int_equal(word, WORD);
    if (read && offset > 0)
        assert_int_equal(word, 0);
    return read;
}

static void only_the_very_file_is_read(void **state)
{
    const char *directory = *state;
    char path[SUPPORT_PATH_BYTES + 8];
    char link[SUPPORT_PATH_BYTES + 8];
    struct stat file;
    struct stat folder;

    (void)snprintf(path, sizeof path, "%s/file", directory);
    (void)snprintf(link, sizeof link, "%s/pipe", directory);
    make_file(path);
    assert_int_equal(mkfifo(link, 0600), 0);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(stat(directory, &folder), 0);
    assert_true(reads("r--p", &file, file.st_ino, path, 0));
    assert_true(reads("r-xp", &file, file.st_ino, path, PAGE - 8));
    assert_false(reads("r--p", &file, file.st_ino, path, PAGE)); /* no page */
    assert_false(reads("---p", &file, file.st_ino, path, 0));
    assert_false(reads("r--p", &file, file.st_ino + 1, path, 0));
    assert_false(reads("r--p", &folder, folder.st_ino, directory, 0));
    assert_false(reads("r--p", &file, file.st_ino, link, 0));
    assert_false(reads("r--p", &file, file.st_ino, "[heap]", 0));
    file.st_dev++;
    assert_false(reads("r--p", &file, file.st_ino, path, 0));
    assert_int_equal(unlink(path), 0);
    file.st_dev--;
    assert_false(reads("r--p", &file, file.st_ino, path, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_the_very_file_is_read,
                                        support_directory_make,
                                        support_directory_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
