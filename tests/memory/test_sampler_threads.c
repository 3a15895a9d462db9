/*
 * The guest's threads in one program: the sampler starts, samples and stops
 * while others tell of actions, annotations and features, and a person grants
 * and denies. Built with ThreadSanitizer by ./dev lint; as it is, the counts
 * must be right. Context: tool.
 */
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "handler/crash/crash_dump.h"
#include "handler/guest.h"
#include "handler/inquest.h"
#include "handler/interpose/real.h"
#include "handler/sampler/sampler.h"
#include "proto/base/compiler.h"
#include "proto/base/crc32c.h"
#include "proto/data_class.h"
#include "proto/state_dir.h"

#define TELLERS   4
#define CALLS     500
#define RESTARTS  20
#define RESTED_NS 15000000 /* more than the sampler waits before it samples */

/* The crash path is not linked: nothing here asks for a dump. */
struct crash_dump_result crash_dump_live(struct box_file *file,
                                         const char *mode, const char *argument)
{
    (void)file;
    (void)mode;
    (void)argument;
    abort();
}

/* As `inquest consent grant|deny OPTIONAL` leaves the page. */
static void say(bool granted)
{
    static uint64_t epoch;
    struct consent_page page = {
        .magic = CONSENT_PAGE_MAGIC,
        .recording_classes = CLASS_BIT(CLASS_REQUIRED) |
                             (granted ? CLASS_BIT(CLASS_OPTIONAL) : 0),
        .sending_classes = CLASS_ALL,
        .epoch = ++epoch,
    };
    char path[SUPPORT_PATH_BYTES + 32];

    page.crc = crc32c(0, &page, offsetof(struct consent_page, crc));
    snprintf(path, sizeof path, "%.255s/" STATE_CONSENT_PAGE,
             guest.config.state_dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &page, sizeof page, 0), sizeof page);
    assert_int_equal(close(fd), 0);
}

static int setup(void **state)
{
    int r = support_directory_make(state);

    if (r == 0)
        r = setenv("INQUEST_STATE_DIR", *state, 1);
    config_read(&guest.config, (char *[]){NULL}, environ);
    (void)real();
    guest.pid = getpid(); /* as the constructor has it */
    return r == 0 && !guest.config.disabled ? 0 : -1;
}

static int teardown(void **state)
{
    guest_clean_exit();
    return support_directory_remove(state);
}

/* How many calls the library took. */
static void *tell(void *number)
{
    static const char *const pairs[] = {"page", "12"};
    char key[16];
    size_t taken = 0;

    snprintf(key, sizeof key, "key-%zu", (size_t)number);
    for (int i = 0; i < CALLS; i++) {
        taken += inquest_action("open", pairs, 1) == 0;
        taken += inquest_annotate(key, i % 2 ? "odd" : NULL) == 0;
        int r = inquest_feature(key, "on");
        taken += r == 0 || r == INQUEST_REFUSED;
    }
    return (void *)taken;
}

static void the_sampler_and_four_tellers_get_along(void **unused)
{
    (void)unused;
    static const struct timespec rested = {0, RESTED_NS};
    pthread_t tellers[TELLERS];
    void *taken = NULL;

    say(true);
    assert_non_null(guest_box());
    sampler_start();
    for (size_t i = 0; i < TELLERS; i++) {
        assert_int_equal(pthread_create(&tellers[i], NULL, tell, (void *)i), 0);
    }
    for (int i = 0; i < RESTARTS; i++) {
        say(i % 2 == 0);
        (void)nanosleep(&rested, NULL); /* it samples now */
        assert_true(sampler_stop());
        sampler_start();
    }
    for (size_t i = 0; i < TELLERS; i++) {
        assert_int_equal(pthread_join(tellers[i], &taken), 0);
        assert_int_equal((size_t)taken, 3 * CALLS);
    }
    assert_true(sampler_stop());
    assert_false(sampler_stop());
    assert_int_not_equal(guest.file.box->sampler.seal.sequence, 0);
    assert_int_equal(guest.file.box->sampler.period_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_sampler_and_four_tellers_get_along,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
