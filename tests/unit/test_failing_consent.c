/*
 * Consent while each of its calls fails: nothing leaves that would not
 * otherwise, what was acknowledged holds, and what failed can be done again.
 * Context: tool.
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

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/data_class.h"
#include "proto/keyfile.h"
#include "proto/state_dir.h"
#include "reporter/app/device.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/consent_watch.h"
#include "reporter/consent/deletion.h"
#include "reporter/consent/policy_log.h"
#include "reporter/consent/preview.h"
#include "reporter/consent/rewrite.h"
#include "reporter/consent/withdraw.h"
#include "reporter/queue/reports.h"
#include "reporter/state_file.h"
#include "reporter/upload/outgoing.h"
#include "reporter/upload/transport.h"

/* --- what may leave --- */

static const struct consent_report now = {.epoch = UINT64_MAX};

static uint32_t sending(const struct home *home)
{
    struct consent_layers layers = home_layers(home);

    return consent_sending(&layers, &now);
}

static void expect(struct scene *scene)
{
    uint32_t *mask = malloc(sizeof *mask);

    assert_non_null(mask);
    *mask = sending(&scene->home);
    scene->own = mask;
}

static int open_home(struct scene *scene)
{
    const uint32_t *mask = scene->own;
    OWNED_HOME home = HOME_CLOSED;

    int r = home_open(&home);
    scene_holds(r < 0 || (sending(&home) & ~*mask) == 0,
                "no more may leave than otherwise");
    scene_holds(r < 0 || sending(&home) == *mask || home.problem[0] != '\0',
                "that less may leave is said");
    return r;
}

/* Programs may ask at any moment: what was not read is not told to them. */
static void check_page(struct scene *scene, int r)
{
    struct consent_page page;

    (void)r;
    consent_page_read(scene->home.state_fd, &page);
    scene_holds(page.epoch == scene->home.consent.epoch,
                "the page has the epoch of the last word");
}

static int refresh(struct scene *scene)
{
    const uint32_t *mask = scene->own;

    (void)home_refresh(&scene->home);
    scene_holds((sending(&scene->home) & ~*mask) == 0,
                "no more may leave than otherwise");
    return 0;
}

/* --- what leaves --- */

static bool holds_secret(const uint8_t *data, size_t size)
{
    static const char *const secrets[] = {SCENE_HOST, SCENE_SAID, SCENE_HOME};

    for (size_t i = 0; i < ARRAY_LENGTH(secrets); i++) {
        if (memmem(data, size, secrets[i], strlen(secrets[i])))
            return true;
    }
    return false;
}

static int pack(struct scene *scene)
{
    OWNED_OUTGOING outgoing = {0};
    uint8_t *data = NULL;
    size_t size = 0;

    int r = reports_read(&scene->home.queue, scene->ids[0], &data, &size);
    if (r == 0)
        r = outgoing_build(&scene->home, (struct span){data, size}, &outgoing);
    free(data);
    scene_holds(outgoing.packed_bytes == 0 ||
                    !holds_secret(outgoing.packed, outgoing.packed_bytes),
                "nothing leaves that is nobody's business");
    return r;
}

/* --- words --- */

static bool feature_stays(const struct scene *scene, const char *id)
{
    OWNED_REPORT *report = NULL;

    int r = reports_load(&scene->home.queue, id, &report);
    return r == 0 && report->n_features > 0;
}

/* As `inquest consent deny OPTIONAL`. */
static int deny(struct scene *scene)
{
    static const struct consent_wish wish = {CLASS_OPTIONAL, CONSENT_DENIED,
                                             "command"};
    unsigned changed = 0;

    scene->home.consent.epoch++;
    consent_apply(&scene->home, &wish);
    int r = consent_store(&scene->home);
    if (r == 0)
        r = audit_append(scene->home.state_fd, "consent", "OPTIONAL denied");
    if (r < 0)
        return r;
    return rewrite_all(&scene->home, CLASS_ALL & ~CLASS_BIT(CLASS_OPTIONAL),
                       NULL, &changed);
}

static void check_denied(struct scene *scene, int r)
{
    struct consent consent;

    scene_holds(consent_file_read(scene->home.state_fd, &consent) == 0,
                "the consent can be read");
    if (r < 0)
        scene_holds(deny(scene) == 0, "the same again goes through");
    assert_int_equal(consent_file_read(scene->home.state_fd, &consent), 0);
    scene_holds(consent.words[CLASS_OPTIONAL].state == CONSENT_DENIED,
                "it is denied");
    for (size_t i = 0; i < SCENE_REPORTS; i++) {
        scene_holds(!feature_stays(scene, scene->ids[i]),
                    "what was denied is gone");
    }
    scene_holds(scene_count(scene) == SCENE_REPORTS, "the reports stay");
}

static void in_all_places(struct scene *scene)
{
    scene_move(scene, scene->ids[0], QUEUE_SENT);
    scene_move(scene, scene->ids[1], QUEUE_BUSY);
}

static int deny_one(struct scene *scene)
{
    struct consent_report word = {0};

    int r = consent_report_read(scene->home.state_fd, scene->ids[0], &word);
    scene_holds(r == 0 || word.denied == CLASS_ALL, "what is unread is denied");
    if (r < 0)
        return r;
    word.denied |= CLASS_BIT(CLASS_REQUIRED);
    return consent_report_write(scene->home.state_fd, scene->ids[0], &word);
}

static void check_denied_one(struct scene *scene, int r)
{
    struct consent_report word = {0};

    assert_int_equal(
        consent_report_read(scene->home.state_fd, scene->ids[0], &word), 0);
    scene_holds(r < 0 || word.denied == CLASS_BIT(CLASS_REQUIRED),
                "one report is denied");
}

/* --- withdrawal --- */

static void remember_id(struct scene *scene)
{
    char *id = calloc(1, INSTALLATION_ID_BYTES);

    assert_non_null(id);
    assert_int_equal(installation_id(scene->home.state_fd, id), 0);
    scene->own = id;
    in_all_places(scene);
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
    scene_holds(sending(&scene->home) == 0, "nothing leaves any more");
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

/* --- what is said --- */

static int append(struct scene *scene)
{
    static const char *const details[] = {"one", "two"};

    return audit_append_all(scene->home.state_fd, "sent", details, 2);
}

static void half_a_line(struct scene *scene)
{
    OWNED_FD fd = openat(scene->home.state_fd, AUDIT_FILE,
                         O_WRONLY | O_APPEND | O_CLOEXEC);

    assert_int_equal(io_write_all(fd, "2 2026-11", 9), 0);
}

static void check_appended(struct scene *scene, int r)
{
    uint64_t lines = 0;

    scene_holds(append(scene) == 0, "the next line can be written");
    scene_holds(audit_verify(scene->home.state_fd, &lines) == 0,
                "the log is whole");
    scene_holds(lines >= (r < 0 ? 3 : 5), "what was acknowledged is there");
}

static int verify(struct scene *scene)
{
    uint64_t lines = 0;

    return audit_verify(scene->home.state_fd, &lines);
}

static void other_policy(struct scene *scene)
{
    scene->home.policy.present = true;
    scene->home.policy.allowed = CLASS_BIT(CLASS_REQUIRED);
}

static int log_policy(struct scene *scene)
{
    return policy_log(&scene->home);
}

/* As `inquest consent grant OPTIONAL --include-past` after a denial. */
static void deny_first(struct scene *scene)
{
    static const struct consent_wish wish = {CLASS_OPTIONAL, CONSENT_DENIED,
                                             "command"};

    scene->home.consent.epoch++;
    consent_apply(&scene->home, &wish);
    assert_int_equal(consent_store(&scene->home), 0);
    in_all_places(scene);
}

static int show_past(struct scene *scene)
{
    static struct preview_past past;
    FILE *out = fopen("/dev/null", "we");

    assert_non_null(out);
    int r = preview_past(&scene->home, CLASS_OPTIONAL, out, &past);
    fclose(out);
    return r < 0 ? r : preview_past_allow(&scene->home, CLASS_OPTIONAL, &past);
}

static void check_past(struct scene *scene, int r)
{
    struct consent_report word = {0};

    for (size_t i = 0; i < SCENE_REPORTS; i++) {
        assert_int_equal(
            consent_report_read(scene->home.state_fd, scene->ids[i], &word), 0);
        scene_holds((word.past & ~CLASS_BIT(CLASS_OPTIONAL)) == 0 &&
                        word.denied == 0 && word.granted == 0,
                    "no other word is said");
    }
    (void)r;
}

static int watch(struct scene *scene)
{
    struct consent_watch watch;

    consent_watch_open(&scene->home, &watch);
    if (watch.fd >= 0)
        (void)consent_watch_changed(&watch, &scene->home);
    consent_watch_close(&watch);
    return 0;
}

static const struct operation operations[] = {
    {"home_open", expect, open_home, check_page},
    {"home_refresh", expect, refresh, NULL},
    {"pack", NULL, pack, NULL},
    {"deny", in_all_places, deny, check_denied},
    {"deny for one report", NULL, deny_one, check_denied_one},
    {"withdraw", remember_id, withdraw_all, check_withdrawn},
    {"ask to delete", ask_to_delete, ask_again, check_asked},
    {"accepted", ask_to_delete, send_deletions, check_accepted},
    {"completed", accepted_before, send_deletions, check_completed},
    {"audit", NULL, append, check_appended},
    {"audit behind half a line", half_a_line, append, check_appended},
    {"audit verify", NULL, verify, NULL},
    {"policy_log", other_policy, log_policy, NULL},
    {"include the past", deny_first, show_past, check_past},
    {"watch", NULL, watch, NULL},
};

static void whatever_fails_nothing_leaves_that_was_not_allowed(void **state)
{
    (void)state;
    scene_sweep(operations, ARRAY_LENGTH(operations));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_nothing_leaves_that_was_not_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
