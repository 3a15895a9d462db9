/*
 * Withdrawal and the requests to delete, while each of their calls fails and
 * whatever the collector answers: the old id goes, and is not forgotten before
 * the collector took it. Context: tool.
 */
#include "tests/unit/failing_scene.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/keyfile.h"
#include "proto/state_dir.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/deletion.h"
#include "reporter/consent/withdraw.h"
#include "reporter/queue/reports.h"
#include "reporter/state_file.h"
#include "reporter/upload/transport.h"
#include "tests/unit/failing.h"

static const struct consent_report now = {.epoch = UINT64_MAX};

/* --- withdrawal --- */

static void remember_id(struct scene *scene)
{
    char *id = calloc(1, INSTALLATION_ID_BYTES);

    assert_non_null(id);
    assert_int_equal(installation_id(scene->home.state_fd, id), 0);
    scene->own = id;
    scene_spread(scene);
}

static int withdraw_all(struct scene *scene)
{
    unsigned rewritten = 0;

    return withdraw(&scene->home, false, &rewritten);
}

/* Whether a request for this id waits. */
static bool asks_to_delete(const struct scene *scene, const char *id)
{
    OWNED_FD fd = openat(scene->home.state_fd, DELETION_DIR,
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct dirent *entry;
    bool found = false;
    DIR *list;

    if (fd < 0 || state_file_list(fd, &list) < 0)
        return false;
    while ((entry = readdir(list)) != NULL) {
        OWNED_KEYFILE file = {0};
        if (keyfile_open(fd, entry->d_name, &file, NULL) < 0)
            continue;
        const char *of = keyfile_get(&file, "installationId");
        found = found || (of && strcmp(of, id) == 0);
    }
    (void)closedir(list);
    return found;
}

static void check_withdrawn(struct scene *scene, int r)
{
    const char *old = scene->own;
    char id[INSTALLATION_ID_BYTES];

    if (r < 0)
        scene_holds(withdraw_all(scene) == 0, "the same again goes through");
    assert_int_equal(installation_id(scene->home.state_fd, id), 0);
    scene_holds(strcmp(id, old) != 0, "a new id was drawn");
    scene_holds(asks_to_delete(scene, old), "the collector will be asked");
    for (size_t i = 0; i < SCENE_REPORTS; i++) {
        OWNED_REPORT *report = NULL;
        assert_int_equal(
            reports_load(&scene->home.queue, scene->ids[i], &report), 0);
        scene_holds(report->device &&
                        strcmp(report->device->installation_id, old) != 0,
                    "the old id is in no report");
        scene_holds(!report->sensitive, "what needs consent is gone");
    }
    struct consent_layers layers = home_layers(&scene->home);
    scene_holds(consent_sending(&layers, &now) == 0, "nothing leaves any more");
}

/* --- deletion: a collector that says what it is told to --- */

static const char *answer_body;
static long answer_status;

int __wrap_transport_post(struct transport *transport,
                          const struct transport_post *post);
int __wrap_transport_wait(struct transport *transport, int wake_fd,
                          struct transport_answer *ret_answer);

int __wrap_transport_post(struct transport *transport,
                          const struct transport_post *post)
{
    (void)transport;
    return post->path ? 0 : -EINVAL;
}

int __wrap_transport_wait(struct transport *transport, int wake_fd,
                          struct transport_answer *ret_answer)
{
    (void)transport;
    (void)wake_fd;
    if (answer_status < 0)
        return (int)answer_status;
    *ret_answer = (struct transport_answer){.status = answer_status};
    (void)snprintf(ret_answer->body, sizeof ret_answer->body, "%s",
                   answer_body);
    return answer_status != 0;
}

static int send_deletions(struct scene *scene)
{
    struct deletion_count left = {0};

    return deletion_send(&scene->home, NULL, &left);
}

static void ask_to_delete(struct scene *scene)
{
    answer_status = 202;
    answer_body = "{\"state\":\"accepted\",\"id\":\"4711\"}";
    assert_int_equal(deletion_request(&scene->home, "an-installation", "02:42"),
                     0);
}

static int ask_again(struct scene *scene)
{
    return deletion_request(&scene->home, "another", "");
}

static void check_asked(struct scene *scene, int r)
{
    struct deletion_count count = deletion_count(&scene->home);

    scene_holds(count.asked + count.accepted >= (r < 0 ? 1 : 2),
                "what was acknowledged waits");
}

static void check_accepted(struct scene *scene, int r)
{
    struct deletion_count count = deletion_count(&scene->home);

    scene_holds(count.asked + count.accepted >= 1, "it is not forgotten");
    scene_holds(r < 0 || count.asked == 0, "it is asked or it is said");
    scene_holds(send_deletions(scene) == 0, "the same again goes through");
    count = deletion_count(&scene->home);
    scene_holds(count.asked == 0 && count.accepted >= 1, "it is accepted");
    scene_holds(!asks_to_delete(scene, "an-installation"),
                "the id is forgotten");
}

static void accepted_before(struct scene *scene)
{
    ask_to_delete(scene);
    assert_int_equal(send_deletions(scene), 0);
    answer_status = 200;
    answer_body = "{\"state\":\"completed\",\"id\":\"4711\"}";
}

static void check_completed(struct scene *scene, int r)
{
    struct deletion_count count = deletion_count(&scene->home);

    scene_holds(r < 0 || count.accepted == 0, "it is done or it is said");
    scene_holds(send_deletions(scene) == 0, "the same again goes through");
    count = deletion_count(&scene->home);
    scene_holds(count.asked + count.accepted == 0, "it is done");
}

/* Another process was told that it is done. */
static void done_meanwhile(void *context)
{
    const struct scene *scene = context;
    OWNED_FD fd = openat(scene->home.state_fd, DELETION_DIR,
                         O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct dirent *entry;
    DIR *list;

    assert_int_equal(state_file_list(fd, &list), 0);
    while ((entry = readdir(list)) != NULL) {
        if (entry->d_name[0] != '.')
            assert_int_equal(state_file_erase(fd, entry->d_name), 0);
    }
    (void)closedir(list);
}

static void check_sent(struct scene *scene, int r)
{
    scene_holds(r == 0, "it is no failure that it is done");
    scene_holds(!asks_to_delete(scene, "an-installation"),
                "the id is forgotten");
}

static const struct operation operations[] = {
    {"withdraw", remember_id, withdraw_all, check_withdrawn, NULL},
    {"ask to delete", ask_to_delete, ask_again, check_asked, NULL},
    {"accepted", ask_to_delete, send_deletions, check_accepted, NULL},
    {"completed", accepted_before, send_deletions, check_completed, NULL},
    {"accepted while done", ask_to_delete, send_deletions, check_sent,
     done_meanwhile},
    {"completed while done", accepted_before, send_deletions, check_sent,
     done_meanwhile},
};

static void whatever_fails_the_old_id_goes_and_is_asked_for(void **state)
{
    (void)state;
    scene_sweep(operations, ARRAY_LENGTH(operations));
}

/* --- whatever the collector answers --- */

#define DAYS_MS(days) ((days)*86400000ll)

static const struct answer {
    bool accepted; /* before */
    long status;   /* negative: what the transport says */
    const char *body;
    int days; /* after it was accepted */
    int result;
    unsigned asked, still_accepted;
} answers[] = {
    {false, -EIO, "", 0, -EIO, 1, 0},
    {false, 0, "", 0, -EAGAIN, 1, 0}, /* nothing was in flight */
    {false, 503, "", 0, -EAGAIN, 1, 0},
    {false, 401, "{\"state\":\"completed\"}", 0, -EAGAIN, 1, 0},
    {false, 202, "", 0, 0, 0, 0},
    {false, 202, "no JSON", 0, 0, 0, 0},
    {false, 202, "{\"id\":\"47 11\"}", 0, 0, 0, 0},
    {false, 202, "{\"id\":\"an-installation-7\"}", 0, 0, 0, 0},
    {false, 202, "{\"id\":\"4711\"}", 0, 0, 0, 1},
    {false, 200, "{\"state\":\"completed\",\"id\":\"4711\"}", 0, 0, 0, 0},
    {true, -EIO, "", 0, -EIO, 0, 1},
    {true, 0, "", 0, -EAGAIN, 0, 1},
    {true, 404, "{\"state\":\"completed\"}", 0, 0, 0, 1},
    {true, 200, "{\"state\":\"accepted\"}", 0, 0, 0, 1},
    {true, 200, "{\"state\":\"completed\"}", 0, 0, 0, 0},
    {true, 404, "", DELETION_DAYS_MAX - 1, 0, 0, 1},
    {true, 404, "", DELETION_DAYS_MAX + 1, 0, 0, 0},
};

static void a_request_waits_until_the_collector_took_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
        const struct answer *answer = &answers[i];
        struct deletion_count left = {0};
        struct scene scene;

        print_message("answer %zu\n", i);
        scene_make(&scene);
        ask_to_delete(&scene);
        if (answer->accepted)
            assert_int_equal(send_deletions(&scene), 0);
        answer_status = answer->status;
        answer_body = answer->body;
        failing_clock_ms = DAYS_MS(answer->days);
        assert_int_equal(deletion_send(&scene.home, NULL, &left),
                         answer->result);
        failing_clock_ms = 0;
        assert_int_equal(left.asked, answer->asked);
        assert_int_equal(left.accepted, answer->still_accepted);
        assert_int_equal(asks_to_delete(&scene, "an-installation"),
                         answer->asked > 0);
        scene_remove(&scene);
    }
}

static void under_do_not_track_it_waits(void **state)
{
    struct deletion_count left = {0};
    struct scene scene;

    (void)state;
    scene_make(&scene);
    ask_to_delete(&scene);
    scene.home.do_not_track = true;
    assert_int_equal(deletion_send(&scene.home, NULL, &left), 0);
    assert_int_equal(left.asked, 1);
    scene_remove(&scene);
}

static void what_the_log_cannot_say_is_acknowledged_all_the_same(void **state)
{
    struct deletion_count left = {0};
    struct scene scene;

    (void)state;
    scene_make(&scene);
    ask_to_delete(&scene);
    (void)unlinkat(scene.home.state_fd, AUDIT_FILE, 0); /* there may be none */
    assert_int_equal(mkdirat(scene.home.state_fd, AUDIT_FILE, 0700), 0);
    assert_int_equal(deletion_send(&scene.home, NULL, &left), 0);
    assert_int_equal(left.asked, 0);
    assert_int_equal(left.accepted, 1);
    assert_int_equal(left.unlogged, -EISDIR);
    scene_remove(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_the_old_id_goes_and_is_asked_for),
        cmocka_unit_test(a_request_waits_until_the_collector_took_it),
        cmocka_unit_test(under_do_not_track_it_waits),
        cmocka_unit_test(what_the_log_cannot_say_is_acknowledged_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
