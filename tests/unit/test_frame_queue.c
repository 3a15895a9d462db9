/* proto/frame, proto/queue and proto/state_dir. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/crc32c.h"
#include "proto/base/fd.h"
#include "proto/data_class.h"
#include "proto/frame.h"
#include "proto/queue.h"
#include "proto/state_dir.h"

#define ID "01943f6e-7a51-7cc3-98c4-dc0c0c07398f"

static uint8_t work[FRAME_GZIP_WORK_BYTES] __attribute__((aligned(16)));

static size_t make_file(uint8_t *file, size_t capacity)
{
    const struct span payload = {(const uint8_t *)"payload", 7};

    assert_true(capacity >= FRAME_HEADER_BYTES + payload.size_bytes);
    frame_header(payload, file);
    memcpy(file + FRAME_HEADER_BYTES, payload.data, payload.size_bytes);
    return FRAME_HEADER_BYTES + payload.size_bytes;
}

static void frame_opens_what_was_framed(void **state)
{
    uint8_t file[64];
    struct span payload;
    size_t size = make_file(file, sizeof file);

    (void)state;
    assert_int_equal(frame_open((struct span){file, size}, &payload), 0);
    assert_int_equal(payload.size_bytes, 7);
    assert_memory_equal(payload.data, "payload", 7);
}

static void frame_cut_anywhere_is_refused(void **state)
{
    uint8_t file[64];
    struct span payload;
    size_t size = make_file(file, sizeof file);

    (void)state;
    for (size_t cut = 0; cut < size; cut++)
        assert_true(frame_open((struct span){file, cut}, &payload) < 0);
    assert_true(frame_open((struct span){file, size + 1}, &payload) < 0);
}

static void frame_with_any_flipped_bit_is_refused(void **state)
{
    uint8_t file[64];
    struct span payload;
    size_t size = make_file(file, sizeof file);

    (void)state;
    for (size_t bit = 0; bit < size * 8; bit++) {
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(frame_open((struct span){file, size}, &payload) < 0);
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void assert_gunzip_gives_back(int (*pack)(struct span, void *, uint8_t *,
                                                 size_t, size_t *),
                                     size_t size_bytes)
{
    uint8_t data[10000];
    uint8_t packed[12000];
    size_t packed_size = 0;
    uint8_t *back = NULL;
    size_t back_size = 0;

    for (size_t i = 0; i < size_bytes; i++)
        data[i] = (uint8_t)(i * i);
    assert_int_equal(pack((struct span){data, size_bytes}, work, packed,
                          sizeof packed, &packed_size),
                     0);
    assert_int_equal(frame_gunzip((struct span){packed, packed_size},
                                  sizeof data, &back, &back_size),
                     0);
    assert_int_equal(back_size, size_bytes);
    assert_memory_equal(back, data, size_bytes);
    free(back);
}

static void gunzip_gives_back_what_gzip_took(void **state)
{
    static const size_t sizes[] = {0, 1, FRAME_STORED_BYTES_MAX,
                                   FRAME_STORED_BYTES_MAX + 1, 10000};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        memset(work, 0, sizeof work);
        assert_gunzip_gives_back(frame_gzip, sizes[i]);
        memset(work, 0, sizeof work);
        assert_gunzip_gives_back(frame_gzip_fast, sizes[i]);
    }
}

static void a_report_of_one_block_is_stored_as_it_is(void **state)
{
    static const uint8_t data[FRAME_STORED_BYTES_MAX];
    uint8_t packed[4096];
    size_t size = 0;

    (void)state;
    assert_int_equal(frame_gzip_fast((struct span){data, sizeof data}, work,
                                     packed, sizeof packed, &size),
                     0);
    assert_int_equal(size + FRAME_HEADER_BYTES, 4096);
    assert_int_equal(frame_gzip_fast((struct span){data, sizeof data}, work,
                                     packed, size - 1, &size),
                     -ERR_LIMIT);
}

static void gzip_bomb_stops_at_the_limit(void **state)
{
    static uint8_t zeros[1 << 20];
    uint8_t packed[4096];
    size_t packed_size = 0;
    uint8_t *back = NULL;
    size_t back_size = 0;

    (void)state;
    assert_int_equal(frame_gzip((struct span){zeros, sizeof zeros}, work,
                                packed, sizeof packed, &packed_size),
                     0);
    assert_int_equal(frame_gunzip((struct span){packed, packed_size}, 100000,
                                  &back, &back_size),
                     -ERR_LIMIT);
    assert_null(back);
}

static void bytes_behind_the_gzip_are_refused(void **state)
{
    uint8_t packed[64];
    size_t size = 0;
    uint8_t *back = NULL;
    size_t back_size = 0;

    (void)state;
    assert_int_equal(frame_gzip((struct span){(const uint8_t *)"a", 1}, work,
                                packed, sizeof packed - 1, &size),
                     0);
    packed[size] = 0;
    assert_int_equal(
        frame_gunzip((struct span){packed, size + 1}, 100, &back, &back_size),
        -ERR_FORMAT);
}

static int open_queue(const char *directory, struct queue *ret_queue)
{
    OWNED_FD fd = -1;

    assert_int_equal(state_dir_open(directory, &fd), 0);
    return queue_open(fd, ret_queue);
}

static int drop(struct queue *queue, const char *id)
{
    const struct span header = {(const uint8_t *)"head", 4};
    const struct span payload = {(const uint8_t *)"body", 4};

    return queue_drop(queue, id, header, payload);
}

static void dropped_report_has_its_name_in_new(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    struct stat status;

    assert_int_equal(open_queue(*state, &queue), 0);
    assert_int_equal(drop(&queue, ID), 0);
    assert_int_equal(queue_sync(&queue, ID), 0);
    assert_int_equal(fstatat(queue.dir_fd[QUEUE_NEW], ID ".inq", &status, 0),
                     0);
    assert_int_equal(status.st_size, 8);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void second_drop_of_an_id_leaves_the_first(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;

    assert_int_equal(open_queue(*state, &queue), 0);
    assert_int_equal(drop(&queue, ID), 0);
    assert_int_equal(drop(&queue, ID), -EEXIST);
    assert_int_equal(faccessat(queue.dir_fd[QUEUE_TMP], ID ".inq", F_OK, 0),
                     -1);
}

static void name_that_is_no_uuid_is_refused(void **state)
{
    char name[QUEUE_NAME_BYTES];

    (void)state;
    assert_int_equal(queue_name("../../etc/passwd", name), -EINVAL);
    assert_int_equal(queue_name("01943F6E-7A51-7CC3-98C4-DC0C0C07398F", name),
                     -EINVAL);
    assert_int_equal(queue_name(ID, name), 0);
    assert_string_equal(name, ID ".inq");
}

static void queue_that_others_may_write_is_refused(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    char path[SUPPORT_PATH_BYTES + 16];

    assert_int_equal(open_queue(*state, &queue), 0);
    queue_close(&queue);
    (void)snprintf(path, sizeof path, "%s/queue/new", (char *)*state);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(open_queue(*state, &queue), -EPERM);
}

static void state_directory_is_where_the_environment_says(void **state)
{
    char path[STATE_PATH_BYTES];
    struct state_env env = {.home = "/home/ann", .uid = 1000};

    (void)state;
    assert_int_equal(state_dir_path(&env, path), 0);
    assert_string_equal(path, "/home/ann/.local/state/inquest");
    env.xdg_state_home = "relative";
    assert_int_equal(state_dir_path(&env, path), 0);
    assert_string_equal(path, "/home/ann/.local/state/inquest");
    env.xdg_state_home = "/x";
    assert_int_equal(state_dir_path(&env, path), 0);
    assert_string_equal(path, "/x/inquest");
    env.inquest_state_dir = "/mine";
    assert_int_equal(state_dir_path(&env, path), 0);
    assert_string_equal(path, "/mine");
    assert_int_equal(state_box_dir(&env, path), 0);
    assert_string_equal(path, "/mine/boxes");
}

static void installation_id_is_made_once(void **state)
{
    char first[INSTALLATION_ID_BYTES];
    char second[INSTALLATION_ID_BYTES];
    OWNED_FD fd = -1;

    assert_int_equal(state_dir_open(*state, &fd), 0);
    assert_int_equal(installation_id(fd, first), 0);
    assert_int_equal(installation_id(fd, second), 0);
    assert_string_equal(first, second);
    assert_int_equal(strlen(first), 36);
}

static void write_page(int fd, const struct consent_page *page)
{
    OWNED_FD file =
        openat(fd, STATE_CONSENT_PAGE, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(file >= 0);
    assert_int_equal(write(file, page, sizeof *page), sizeof *page);
}

static void whole_consent_page_is_believed_and_a_torn_one_is_not(void **state)
{
    struct consent_page page = {
        .magic = CONSENT_PAGE_MAGIC,
        .recording_classes = CLASS_ALL,
        .epoch = 7,
    };
    struct consent_page read;
    OWNED_FD fd = -1;

    assert_int_equal(state_dir_open(*state, &fd), 0);
    consent_page_read(fd, &read); /* absent: the defaults */
    assert_int_equal(read.epoch, 0);
    assert_false(read.recording_classes & CLASS_BIT(CLASS_OPTIONAL));
    page.crc = crc32c(0, &page, offsetof(struct consent_page, crc));
    write_page(fd, &page);
    consent_page_read(fd, &read);
    assert_int_equal(read.epoch, 7);
    assert_int_equal(read.recording_classes, CLASS_ALL);
    page.epoch = 8; /* its checksum is that of 7 */
    write_page(fd, &page);
    consent_page_read(fd, &read);
    assert_int_equal(read.epoch, 0);
    assert_false(read.recording_classes & CLASS_BIT(CLASS_OPTIONAL));
}

#define IN_DIRECTORY(test)                                        \
    cmocka_unit_test_setup_teardown(test, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_opens_what_was_framed),
        cmocka_unit_test(frame_cut_anywhere_is_refused),
        cmocka_unit_test(frame_with_any_flipped_bit_is_refused),
        cmocka_unit_test(gunzip_gives_back_what_gzip_took),
        cmocka_unit_test(a_report_of_one_block_is_stored_as_it_is),
        cmocka_unit_test(gzip_bomb_stops_at_the_limit),
        cmocka_unit_test(bytes_behind_the_gzip_are_refused),
        IN_DIRECTORY(dropped_report_has_its_name_in_new),
        IN_DIRECTORY(second_drop_of_an_id_leaves_the_first),
        cmocka_unit_test(name_that_is_no_uuid_is_refused),
        IN_DIRECTORY(queue_that_others_may_write_is_refused),
        cmocka_unit_test(state_directory_is_where_the_environment_says),
        IN_DIRECTORY(installation_id_is_made_once),
        IN_DIRECTORY(whole_consent_page_is_believed_and_a_torn_one_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
