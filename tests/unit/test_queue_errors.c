/* The queue, claims and sealed reports when something is amiss: an error is
 * said, and no report is lost for it. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/data_class.h"
#include "proto/frame.h"
#include "proto/queue.h"
#include "reporter/queue/claim.h"
#include "reporter/queue/sealed.h"

#define ID          "01943f6e-7a51-7cc3-98c4-dc0c0c07398f"
#define NAME        ID ".inq"
#define MANY        400 /* names that need more than one block */
#define REASON_LONG 5000

static const struct span HEAD = {(const uint8_t *)"head", 4};
static const struct span BODY = {(const uint8_t *)"body", 4};

static void open_queue(const char *path, struct queue *ret_queue)
{
    OWNED_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_int_equal(queue_open(fd, ret_queue), 0);
    assert_int_equal(queue_drop(ret_queue, ID, HEAD, BODY), 0);
}

static bool is_in(const struct queue *queue, enum queue_place place,
                  const char *name)
{
    return faccessat(queue->dir_fd[place], name, F_OK, 0) == 0;
}

static void a_report_beyond_the_limit_leaves_nothing(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    const char *other = "01943f6e-7a51-7cc3-98c4-dc0c0c073990";
    struct span large = {BODY.data, FRAME_PAYLOAD_BYTES_MAX + 1};

    open_queue(*state, &queue);
    assert_int_equal(queue_drop(&queue, other, HEAD, large), -ERR_LIMIT);
    assert_false(is_in(&queue, QUEUE_TMP,
                       "01943f6e-7a51-7cc3-98c4-"
                       "dc0c0c073990.inq"));
    assert_int_equal(claim_revive(&queue), 0);
}

static void what_is_no_id_is_refused_everywhere(void **state)
{
    static const char *const wrong[] = {
        "",
        "01943f6e-7a51-7cc3-98c4-dc0c0c07398",
        "01943f6e-7a51-7cc3-98c4-dc0c0c07398F",
        "01943f6e.7a51-7cc3-98c4-dc0c0c07398f",
        "../new/0-7a51-7cc3-98c4-dc0c0c07398f",
    };
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;

    open_queue(*state, &queue);
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        assert_int_equal(queue_drop(&queue, wrong[i], HEAD, BODY), -EINVAL);
        assert_int_equal(queue_sync(&queue, wrong[i]), -EINVAL);
        assert_int_equal(claim_take(&queue, wrong[i], &claim), -EINVAL);
        assert_int_equal(claim_requeue(&queue, wrong[i]), -EINVAL);
    }
    assert_int_equal(claim.fd, -1);
}

static void a_sync_says_what_the_disk_says(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;

    open_queue(*state, &queue);
    assert_int_equal(queue_sync(&queue, ID), 0);
    assert_int_equal(unlinkat(queue.dir_fd[QUEUE_NEW], NAME, 0), 0);
    assert_int_equal(queue_sync(&queue, ID), 0); /* an uploader was quicker */
    assert_int_equal(symlinkat("/dev/null", queue.dir_fd[QUEUE_NEW], NAME), 0);
    assert_int_equal(queue_sync(&queue, ID), -ELOOP);
    fd_close(&queue.dir_fd[QUEUE_NEW]);
    assert_int_equal(queue_sync(&queue, ID), -EBADF);
}

static void what_is_not_there_is_not_withdrawn(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;

    open_queue(*state, &queue);
    assert_int_equal(queue_withdraw(&queue, QUEUE_SENT, NAME), -ENOENT);
    assert_true(is_in(&queue, QUEUE_NEW, NAME));
    assert_int_equal(queue_withdraw(&queue, QUEUE_NEW, NAME), 0);
    assert_true(is_in(&queue, QUEUE_TMP, NAME));
}

static void make_sparse(int dir_fd, const char *name, off_t size)
{
    OWNED_FD fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
}

static void a_full_queue_has_no_room(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    char name[QUEUE_NAME_BYTES];

    open_queue(*state, &queue);
    assert_int_equal(queue_room(&queue, 1), 0);
    assert_int_equal(queue_room(&queue, QUEUE_BYTES_MAX + 1), -ERR_QUEUE_FULL);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name,
                       "01943f6e-7a51-7cc3-98c4-dc0c0c08%04x.inq", i);
        make_sparse(queue.dir_fd[QUEUE_BUSY], name, 1);
    }
    make_sparse(queue.dir_fd[QUEUE_BUSY], ".hidden", QUEUE_BYTES_MAX);
    assert_int_equal(queue_room(&queue, 1), 0);
    make_sparse(queue.dir_fd[QUEUE_BUSY], name, QUEUE_BYTES_MAX);
    assert_int_equal(queue_room(&queue, 1), -ERR_QUEUE_FULL);
    fd_close(&queue.dir_fd[QUEUE_BUSY]);
    assert_int_equal(queue_room(&queue, 1), -EBADF);
}

static void a_claim_that_fails_leaves_the_report(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;
    unsigned waited = 1;

    open_queue(*state, &queue);
    fd_close(&queue.dir_fd[QUEUE_BUSY]);
    assert_int_equal(claim_take(&queue, ID, &claim), -EBADF);
    assert_int_equal(claim.fd, -1);
    assert_true(is_in(&queue, QUEUE_NEW, NAME));
    assert_int_equal(claim_revive(&queue), -EBADF);
    assert_int_equal(claim_wait(&queue, 0, &waited), 0);
    assert_int_equal(waited, 0);
}

static void a_claim_ends_whatever_the_disk_says(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;

    open_queue(*state, &queue);
    assert_int_equal(claim_take(&queue, ID, &claim), 0);
    fd_close(&queue.dir_fd[QUEUE_SENT]);
    assert_int_equal(claim_end(&queue, &claim, QUEUE_SENT), -EBADF);
    assert_int_equal(claim.fd, -1);
    assert_true(is_in(&queue, QUEUE_BUSY, NAME));
    assert_int_equal(claim_revive(&queue), 1);
    assert_true(is_in(&queue, QUEUE_NEW, NAME));
}

static void a_long_reason_is_cut(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;
    char reason[REASON_LONG + 1];
    char text[REASON_LONG + 1];
    size_t size = 0;

    memset(reason, 'x', REASON_LONG);
    reason[REASON_LONG] = '\0';
    open_queue(*state, &queue);
    assert_int_equal(claim_take(&queue, ID, &claim), 0);
    assert_int_equal(claim_reject(&queue, &claim, reason), 0);
    assert_int_equal(io_read_text(queue.dir_fd[QUEUE_BAD],
                                  NAME CLAIM_REASON_ENDING, text, sizeof text,
                                  &size),
                     0);
    assert_in_range(size, 100, REASON_LONG - 1);
    assert_int_equal(strspn(text, "x"), size);
    assert_int_equal(claim_requeue(&queue, ID), 0);
    assert_true(is_in(&queue, QUEUE_NEW, NAME));
    assert_false(is_in(&queue, QUEUE_BAD, NAME CLAIM_REASON_ENDING));
    assert_int_equal(claim_requeue(&queue, ID), -ENOENT);
}

static void
a_rejected_report_without_room_for_the_reason_is_in_bad(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;

    open_queue(*state, &queue);
    assert_int_equal(claim_take(&queue, ID, &claim), 0);
    /* A directory is in the reason's place. */
    assert_int_equal(
        mkdirat(queue.dir_fd[QUEUE_BAD], NAME CLAIM_REASON_ENDING, 0700), 0);
    assert_true(claim_reject(&queue, &claim, "it was torn") < 0);
    assert_true(is_in(&queue, QUEUE_BAD, NAME));
}

static void a_sealed_report_cut_or_changed_is_refused(void **state)
{
    struct sealed sealed = {
        .count = 1,
        .needed = CLASS_REQUIRED,
        .parts = {{.classes = CLASS_ALL, .body = {(const uint8_t *)"body", 4}}},
    };
    struct sealed back;
    uint8_t *file = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(sealed_write(&sealed, &file, &size), 0);
    assert_int_equal(sealed_read((struct span){file, size}, &back), 0);
    assert_int_equal(back.parts[0].body.size_bytes, BODY.size_bytes);
    for (size_t cut = 0; cut < size; cut++)
        assert_true(sealed_read((struct span){file, cut}, &back) < 0);
    free(file);
    sealed.needed = CLASS_COUNT;
    assert_int_equal(sealed_write(&sealed, &file, &size), 0);
    assert_int_equal(sealed_read((struct span){file, size}, &back),
                     -ERR_FORMAT);
    free(file);
    sealed.parts[0].body.size_bytes = FRAME_PAYLOAD_BYTES_MAX;
    assert_int_equal(sealed_write(&sealed, &file, &size), -ERR_LIMIT);
}

/* Frames whose checksums are right, with payloads that are not. */
static void a_payload_that_is_not_what_it_says_is_refused(void **state)
{
    uint8_t file[FRAME_HEADER_BYTES + 128] = {0};
    struct sealed back;

    (void)state;
    for (size_t size = 1; size < sizeof file - FRAME_HEADER_BYTES; size++) {
        memset(file + FRAME_HEADER_BYTES, 1, size);
        struct span payload = {file + FRAME_HEADER_BYTES, size};
        frame_header_sealed(payload, file);
        assert_true(sealed_read((struct span){file, FRAME_HEADER_BYTES + size},
                                &back) < 0);
        frame_header(payload, file); /* not sealed at all */
        assert_int_equal(
            sealed_read((struct span){file, FRAME_HEADER_BYTES + size}, &back),
            -EINVAL);
    }
}

#define IN_DIRECTORY(test)                                        \
    cmocka_unit_test_setup_teardown(test, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(a_report_beyond_the_limit_leaves_nothing),
        IN_DIRECTORY(what_is_no_id_is_refused_everywhere),
        IN_DIRECTORY(a_sync_says_what_the_disk_says),
        IN_DIRECTORY(what_is_not_there_is_not_withdrawn),
        IN_DIRECTORY(a_full_queue_has_no_room),
        IN_DIRECTORY(a_claim_that_fails_leaves_the_report),
        IN_DIRECTORY(a_claim_ends_whatever_the_disk_says),
        IN_DIRECTORY(a_long_reason_is_cut),
        IN_DIRECTORY(a_rejected_report_without_room_for_the_reason_is_in_bad),
        cmocka_unit_test(a_sealed_report_cut_or_changed_is_refused),
        cmocka_unit_test(a_payload_that_is_not_what_it_says_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
