/* Claims: who has a report, and what becomes of it. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "reporter/queue/claim.h"
#include "reporter/state_file.h"

#define ID         "01943f6e-7a51-7cc3-98c4-dc0c0c07398f"
#define NAME       ID ".inq"
#define CLAIMANTS  8
#define TEXT_BYTES 64
#define WAIT_MS    60000

static void open_queue(const char *path, struct queue *ret_queue)
{
    OWNED_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct span header = {(const uint8_t *)"head", 4};
    struct span payload = {(const uint8_t *)"body", 4};

    assert_int_equal(queue_open(fd, ret_queue), 0);
    assert_int_equal(queue_drop(ret_queue, ID, header, payload), 0);
}

static bool is_in(const struct queue *queue, enum queue_place place)
{
    return faccessat(queue->dir_fd[place], NAME, F_OK, 0) == 0;
}

/* The one place that holds the report. */
static void assert_only_in(const struct queue *queue, enum queue_place place)
{
    for (int i = 0; i < QUEUE_PLACES; i++) {
        assert_int_equal(is_in(queue, (enum queue_place)i),
                         (enum queue_place)i == place);
    }
}

static void claimed_report_is_nobody_elses(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;
    OWNED_CLAIM second = CLAIM_NONE;

    open_queue(*state, &queue);
    assert_int_equal(claim_take(&queue, ID, &claim), 0);
    assert_only_in(&queue, QUEUE_BUSY);
    assert_int_equal(claim_take(&queue, ID, &second), -ENOENT);
    assert_int_equal(claim_revive(&queue), 0); /* its claimant lives */
    assert_only_in(&queue, QUEUE_BUSY);
}

/* Else another process takes the new file for a dead claimant's. */
static void new_bytes_are_claimed_as_the_old_were(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;
    struct span data = {(const uint8_t *)"else", 4};

    open_queue(*state, &queue);
    assert_int_equal(claim_take(&queue, ID, &claim), 0);
    assert_int_equal(
        state_file_replace(queue.dir_fd[QUEUE_BUSY], NAME, data, &claim.fd), 0);
    assert_int_equal(claim_revive(&queue), 0);
    assert_only_in(&queue, QUEUE_BUSY);
    assert_int_equal(claim_end(&queue, &claim, QUEUE_NEW), 0);
    assert_only_in(&queue, QUEUE_NEW);
}

static void claim_ends_where_it_is_told_to(void **state)
{
    static const enum queue_place places[] = {QUEUE_NEW, QUEUE_SENT};
    OWNED_QUEUE queue = QUEUE_CLOSED;

    open_queue(*state, &queue);
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        OWNED_CLAIM claim = CLAIM_NONE;
        assert_int_equal(claim_take(&queue, ID, &claim), 0);
        assert_int_equal(claim_end(&queue, &claim, places[i]), 0);
        assert_only_in(&queue, places[i]);
        assert_int_equal(claim.fd, -1);
    }
}

static void rejected_report_lies_in_bad_with_its_reason(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;
    char text[TEXT_BYTES];
    size_t size = 0;

    open_queue(*state, &queue);
    assert_int_equal(claim_take(&queue, ID, &claim), 0);
    assert_int_equal(claim_reject(&queue, &claim, "it was torn"), 0);
    assert_only_in(&queue, QUEUE_BAD);
    assert_int_equal(io_read_text(queue.dir_fd[QUEUE_BAD], NAME ".reason", text,
                                  sizeof text, &size),
                     0);
    assert_string_equal(text, "it was torn\n");
}

static void who_holds_a_report_at_rest_is_waited_for(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;
    OWNED_CLAIM second = CLAIM_NONE;

    open_queue(*state, &queue);
    assert_int_equal(claim_take(&queue, ID, &claim), 0);
    assert_int_equal(claim_end(&queue, &claim, QUEUE_BAD), 0);
    assert_int_equal(claim_hold(&queue, QUEUE_BAD, ID, 0, &claim), 0);
    assert_int_equal(claim_hold(&queue, QUEUE_BAD, ID, 1, &second), -ERR_HELD);
    claim_drop(&claim);
    assert_int_equal(claim_requeue(&queue, ID), 0);
    assert_only_in(&queue, QUEUE_NEW);
    assert_int_equal(claim_hold(&queue, QUEUE_BAD, ID, 0, &claim), -ENOENT);
}

static void erased_report_is_nowhere(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;

    open_queue(*state, &queue);
    assert_int_equal(claim_take(&queue, ID, &claim), 0);
    assert_int_equal(claim_erase(&queue, &claim), 0);
    assert_only_in(&queue, QUEUE_PLACES);
    assert_int_equal(claim_take(&queue, ID, &claim), -ENOENT);
}

/* In the child: claims, says so through fd, and waits to be killed. */
static _Noreturn void claim_and_hang(struct queue *queue, int fd)
{
    struct claim claim = CLAIM_NONE;
    int r = claim_take(queue, ID, &claim);

    DROP(io_write_all(fd, &r, sizeof r)); /* else the parent reads too little */
    for (;;)
        pause();
}

static pid_t start_claimant(struct queue *queue, int *ret_result)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0)
        claim_and_hang(queue, ends[1]);
    fd_close(&ends[1]);
    assert_true(read(ends[0], ret_result, sizeof *ret_result) ==
                (ssize_t)sizeof *ret_result);
    fd_close(&ends[0]);
    return pid;
}

static void claim_dies_with_its_claimant(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_CLAIM claim = CLAIM_NONE;
    int r = -1;

    open_queue(*state, &queue);
    pid_t pid = start_claimant(&queue, &r);
    assert_int_equal(r, 0);
    assert_int_equal(claim_revive(&queue), 0);
    assert_only_in(&queue, QUEUE_BUSY);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(claim_revive(&queue), 1);
    assert_only_in(&queue, QUEUE_NEW);
    assert_int_equal(claim_take(&queue, ID, &claim), 0);
}

static void one_of_many_claimants_has_it(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    pid_t pids[CLAIMANTS];
    int winners = 0;

    open_queue(*state, &queue);
    for (int i = 0; i < CLAIMANTS; i++) {
        int r = -1;
        pids[i] = start_claimant(&queue, &r);
        winners += r == 0;
        assert_true(r == 0 || r == -ENOENT || r == -EBUSY);
    }
    for (int i = 0; i < CLAIMANTS; i++) {
        assert_int_equal(kill(pids[i], SIGKILL), 0);
        assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
    }
    assert_int_equal(winners, 1);
}

static void waiting_ends_with_the_other_claim(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    unsigned waited = 0;
    int r = -1;

    open_queue(*state, &queue);
    assert_int_equal(claim_wait(&queue, WAIT_MS, &waited), 0);
    assert_int_equal(waited, 0);
    pid_t pid = start_claimant(&queue, &r);
    pid_t killer = fork();
    if (killer == 0)
        _exit(kill(pid, SIGKILL));
    assert_int_equal(claim_wait(&queue, WAIT_MS, &waited), 0);
    assert_int_equal(waitpid(killer, NULL, 0), killer);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(claim_wait(&queue, WAIT_MS, &waited), 0);
    assert_int_equal(waited, 0);
}

static void waiting_for_who_keeps_his_claim_has_an_end(void **state)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    unsigned waited = 1;
    int r = -1;

    open_queue(*state, &queue);
    pid_t pid = start_claimant(&queue, &r);
    assert_int_equal(claim_wait(&queue, 1, &waited), -ERR_HELD);
    assert_int_equal(waited, 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(claim_wait(&queue, 1, &waited), 0);
}

#define IN_DIRECTORY(test)                                        \
    cmocka_unit_test_setup_teardown(test, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(claimed_report_is_nobody_elses),
        IN_DIRECTORY(new_bytes_are_claimed_as_the_old_were),
        IN_DIRECTORY(claim_ends_where_it_is_told_to),
        IN_DIRECTORY(rejected_report_lies_in_bad_with_its_reason),
        IN_DIRECTORY(who_holds_a_report_at_rest_is_waited_for),
        IN_DIRECTORY(erased_report_is_nowhere),
        IN_DIRECTORY(claim_dies_with_its_claimant),
        IN_DIRECTORY(one_of_many_claimants_has_it),
        IN_DIRECTORY(waiting_ends_with_the_other_claim),
        IN_DIRECTORY(waiting_for_who_keeps_his_claim_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
