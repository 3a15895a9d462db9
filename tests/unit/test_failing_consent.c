/*
 * Consent while each of its calls fails: nothing leaves that would not
 * otherwise, what was acknowledged holds, and what failed can be done again.
 * Context: tool.
 */
#include "tests/unit/failing_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/data_class.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/consent_watch.h"
#include "reporter/consent/policy_log.h"
#include "reporter/consent/preview.h"
#include "reporter/consent/rewrite.h"
#include "reporter/consent/withdraw.h"
#include "reporter/queue/claim.h"
#include "reporter/queue/reports.h"
#include "reporter/upload/outgoing.h"
#include "reporter/upload/seal_queue.h"

#define SEAL_KEY \
    "2fe57da347cd62431528daac5fbb290730fff684afc4cfc2ed90995f58cb3b74"

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

static int open_only(struct scene *scene)
{
    OWNED_HOME home = HOME_CLOSED;

    (void)scene;
    return home_open(&home);
}

/* Another denies, and tells programs; the page is made of its home. */
static void denied_meanwhile(void *context)
{
    static const struct consent_wish wish = {CLASS_OPTIONAL, CONSENT_DENIED,
                                             "command"};
    struct scene *scene = context;

    scene->home.consent.epoch++;
    consent_apply(&scene->home, &wish);
    assert_int_equal(consent_store(&scene->home), 0);
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

#define LATER_EPOCH 99

/* As `inquest consent grant OPTIONAL --include-past` after a denial. */
static void deny_first(struct scene *scene)
{
    static const struct consent_wish wish = {CLASS_OPTIONAL, CONSENT_DENIED,
                                             "command"};

    scene->home.consent.epoch++;
    consent_apply(&scene->home, &wish);
    assert_int_equal(consent_store(&scene->home), 0);
    scene_spread(scene);
    scene->home.consent.words[CLASS_OPTIONAL].since_epoch = LATER_EPOCH;
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
        word.past[CLASS_OPTIONAL] = 0;
        for (int class = 0; class < CLASS_COUNT; class ++)
            scene_holds(word.past[class] == 0, "no other class reaches back");
        scene_holds(word.denied == 0 && word.granted == 0,
                    "no other word is said");
    }
    (void)r;
}

/* A word on a report that is said meanwhile is heard, if it can be watched. */
static int watch(struct scene *scene)
{
    struct consent_watch watch;

    consent_watch_open(&scene->home, &watch);
    bool watches = watch.fd >= 0 && watch.report >= 0;
    int r = deny_one(scene);
    bool heard = watch.fd >= 0 && consent_watch_changed(&watch, &scene->home);
    consent_watch_close(&watch);
    return r == 0 && watches && !heard ? -EIO : r;
}

static void seal_first(struct scene *scene)
{
    assert_int_equal(config_set(&scene->home.config, "seal_key", SEAL_KEY), 0);
    assert_int_equal(seal_queue(&scene->home), 0);
    scene_spread(scene);
}

/* Another uploader sends the report that waits, unless it is somebody's. */
static void sent_meanwhile(void *context)
{
    struct scene *scene = context;
    struct claim claim = CLAIM_NONE;

    if (claim_take(&scene->home.queue, scene->ids[2], &claim) == 0)
        assert_int_equal(claim_end(&scene->home.queue, &claim, QUEUE_SENT), 0);
}

static void refused_first(struct scene *scene)
{
    scene_spread(scene);
    scene_move(scene, scene->ids[1], QUEUE_BAD);
}

/* As `inquest upload ID`, which would wait for who has it. */
static void tried_again_meanwhile(void *context)
{
    struct scene *scene = context;
    struct queue *queue = &scene->home.queue;
    OWNED_CLAIM claim = CLAIM_NONE;

    if (claim_hold(queue, QUEUE_BAD, scene->ids[1], 0, &claim) == 0) {
        assert_int_equal(renameat(queue->dir_fd[QUEUE_BAD], claim.name,
                                  queue->dir_fd[QUEUE_NEW], claim.name),
                         0);
    }
}

static const struct operation operations[] = {
    {"home_open", expect, open_home, check_page, NULL},
    {"home_open while denied", NULL, open_only, check_page, denied_meanwhile},
    {"home_refresh", expect, refresh, NULL, NULL},
    {"pack", NULL, pack, NULL, NULL},
    {"deny", scene_spread, deny, check_denied, NULL},
    {"deny while sent", scene_spread, deny, check_denied, sent_meanwhile},
    {"deny while tried again", refused_first, deny, check_denied,
     tried_again_meanwhile},
    {"deny sealed ones", seal_first, deny, check_denied, NULL},
    {"deny for one report", NULL, deny_one, check_denied_one, NULL},
    {"audit", NULL, append, check_appended, NULL},
    {"audit behind half a line", half_a_line, append, check_appended, NULL},
    {"audit verify", NULL, verify, NULL, NULL},
    {"policy_log", other_policy, log_policy, NULL, NULL},
    {"include the past", deny_first, show_past, check_past, NULL},
    {"watch", NULL, watch, NULL, NULL},
};

static void whatever_fails_nothing_leaves_that_was_not_allowed(void **state)
{
    (void)state;
    scene_sweep(operations, ARRAY_LENGTH(operations));
}

#define EVENTS 600 /* more than one reading of the watch takes */

static void a_word_on_a_report_is_heard_behind_many_changes(void **state)
{
    struct consent_watch watch;
    struct scene scene;

    (void)state;
    scene_make(&scene);
    consent_watch_open(&scene.home, &watch);
    assert_true(watch.report >= 0);
    assert_int_equal(mkdirat(scene.home.state_fd, "other", 0700), 0);
    for (int i = 0; i < EVENTS; i++) {
        const char *name = i % 2 ? "queue" : "other"; /* two alike are one */
        assert_int_equal(fchmodat(scene.home.state_fd, name, 0700, 0), 0);
    }
    assert_int_equal(deny_one(&scene), 0);
    assert_true(consent_watch_changed(&watch, &scene.home));
    assert_false(consent_watch_changed(&watch, &scene.home));
    consent_watch_close(&watch);
    scene_remove(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_nothing_leaves_that_was_not_allowed),
        cmocka_unit_test(a_word_on_a_report_is_heard_behind_many_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
