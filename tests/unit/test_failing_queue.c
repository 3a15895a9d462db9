/*
 * The queue, claims, retention and what drops or seals, while each of their
 * calls fails: a report is in one place and whole, or gone because it was to
 * go; what failed is said. Context: tool.
 */
#include "tests/unit/failing_scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/base/io.h"
#include "proto/frame.h"
#include "reporter/consent/audit.h"
#include "reporter/queue/claim.h"
#include "reporter/queue/discard.h"
#include "reporter/queue/fresh.h"
#include "reporter/queue/reports.h"
#include "reporter/queue/retention.h"
#include "reporter/queue/sweep.h"
#include "reporter/upload/outgoing.h"
#include "reporter/upload/seal_queue.h"

#define SEAL_KEY \
    "2fe57da347cd62431528daac5fbb290730fff684afc4cfc2ed90995f58cb3b74"
#define REASON     "it was torn"
#define TEXT_BYTES 4096

static int open_again(struct scene *scene)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;

    return queue_open(scene->home.state_fd, &queue);
}

static void holds_all(struct scene *scene, int r)
{
    (void)r;
    scene_holds(scene_count(scene) == SCENE_REPORTS, "no report is lost");
}

static int drop_fresh(struct scene *scene)
{
    struct fresh fresh;

    int r = fresh_report(&scene->home, INQUEST__V1__KIND__FEEDBACK, &fresh);
    return r < 0 ? r : fresh_drop(&scene->home, &fresh);
}

static void check_fresh(struct scene *scene, int r)
{
    size_t count = scene_count(scene);

    scene_holds(count == SCENE_REPORTS + 1 || (r < 0 && count == SCENE_REPORTS),
                "what was acknowledged lies in the queue");
}

static int claim_and_send(struct scene *scene)
{
    OWNED_CLAIM claim = CLAIM_NONE;

    int r = claim_take(&scene->home.queue, scene->ids[0], &claim);
    return r < 0 ? r : claim_end(&scene->home.queue, &claim, QUEUE_SENT);
}

/* The report is where it was sent to; when that failed, there or claimable. */
static void check_ended(struct scene *scene, int r, enum queue_place place)
{
    enum queue_place found = QUEUE_TMP;

    scene_holds(scene_places(scene, scene->ids[0], &found) == 1,
                "a report is in one place");
    scene_holds(r < 0 || found == place, "a claim ends where it says");
    if (found == QUEUE_BUSY)
        scene_holds(claim_revive(&scene->home.queue) == 1, "it is revived");
    holds_all(scene, r);
}

static void check_sent(struct scene *scene, int r)
{
    check_ended(scene, r, QUEUE_SENT);
}

static int claim_and_reject(struct scene *scene)
{
    OWNED_CLAIM claim = CLAIM_NONE;

    int r = claim_take(&scene->home.queue, scene->ids[0], &claim);
    return r < 0 ? r : claim_reject(&scene->home.queue, &claim, REASON);
}

static void check_rejected(struct scene *scene, int r)
{
    check_ended(scene, r, QUEUE_BAD);
}

static void reject_first(struct scene *scene)
{
    assert_int_equal(claim_and_reject(scene), 0);
}

static int requeue(struct scene *scene)
{
    return claim_requeue(&scene->home.queue, scene->ids[0]);
}

static void check_requeued(struct scene *scene, int r)
{
    check_ended(scene, r, QUEUE_NEW);
}

static void leave_claimed(struct scene *scene)
{
    scene_move(scene, scene->ids[0], QUEUE_BUSY);
}

static int revive(struct scene *scene)
{
    return claim_revive(&scene->home.queue);
}

static int wait(struct scene *scene)
{
    unsigned waited = 0;

    return claim_wait(&scene->home.queue, 0, &waited);
}

static int discard_from(struct scene *scene, enum queue_place place)
{
    struct stored_report item = {.place = place};

    memcpy(item.id, scene->ids[0], sizeof item.id);
    return discard_report(&scene->home, &item);
}

static int discard_new(struct scene *scene)
{
    return discard_from(scene, QUEUE_NEW);
}

static int discard_bad(struct scene *scene)
{
    return discard_from(scene, QUEUE_BAD);
}

static void check_discarded(struct scene *scene, int r)
{
    enum queue_place found = QUEUE_TMP;
    int places = scene_places(scene, scene->ids[0], &found);

    scene_holds(places == 0 || (r < 0 && places == 1),
                "what is discarded is nowhere");
    scene_holds(scene_count(scene) == SCENE_REPORTS - 1 + (size_t)places,
                "the others stay");
}

/* One report too many lies in sent/, and one in bad/. */
static void fill_up(struct scene *scene)
{
    scene_move(scene, scene->ids[0], QUEUE_SENT);
    scene_move(scene, scene->ids[1], QUEUE_BAD);
    assert_int_equal(config_set(&scene->home.config, "keep_count", "1"), 0);
}

static int retain(struct scene *scene)
{
    return retention_apply(&scene->home);
}

/* How often the audit log says that a report was discarded. */
static size_t told(const struct scene *scene)
{
    char text[TEXT_BYTES];
    size_t size = 0;
    size_t count = 0;

    assert_int_equal(io_read_text(scene->home.state_fd, AUDIT_FILE, text,
                                  sizeof text, &size),
                     0);
    for (const char *at = text; (at = strstr(at, " discarded ")); at++)
        count++;
    return count;
}

static void check_retained(struct scene *scene, int r)
{
    uint64_t counts[RETENTION_REASONS];
    size_t gone = SCENE_REPORTS - scene_count(scene);

    retention_counts(scene->home.state_fd, counts);
    scene_holds(scene_is_in(scene, scene->ids[2], QUEUE_NEW),
                "what is within the limit stays");
    scene_holds(r < 0 || (size_t)r == gone, "what it says is gone");
    scene_holds(counts[RETENTION_COUNT] == gone || r < 0, "it is counted");
    /* What failed half way may be gone; the others were told somewhere. */
    scene_holds(counts[RETENTION_COUNT] + 1 >= gone || told(scene) + 1 >= gone,
                "the others are told");
}

static int sweep_all(struct scene *scene)
{
    return sweep(&scene->home);
}

static int list(struct scene *scene)
{
    OWNED_REPORTS reports = {0};
    Inquest__V1__Report *report = NULL;

    int r = reports_list(&scene->home.queue, &reports);
    if (r < 0)
        return r;
    scene_holds(reports.count == SCENE_REPORTS, "a list is whole or fails");
    r = reports_load(&scene->home.queue, scene->ids[0], &report);
    report_free(&report);
    return r;
}

static void with_key(struct scene *scene)
{
    assert_int_equal(config_set(&scene->home.config, "seal_key", SEAL_KEY), 0);
    scene_move(scene, scene->ids[1], QUEUE_SENT);
}

static int seal(struct scene *scene)
{
    return seal_queue(&scene->home);
}

static bool is_sealed(const struct scene *scene, const char *id)
{
    Inquest__V1__Report *report = NULL;
    int r = reports_load(&scene->home.queue, id, &report);

    report_free(&report);
    return r == -ERR_SEALED;
}

static void check_sealed(struct scene *scene, int r)
{
    for (size_t i = 0; i < SCENE_REPORTS; i++) {
        scene_holds(r < 0 || is_sealed(scene, scene->ids[i]),
                    "all are sealed or it is said");
    }
    holds_all(scene, r);
}

static void sealed_before(struct scene *scene)
{
    with_key(scene);
    assert_int_equal(seal_queue(&scene->home), 0);
}

static int pack_sealed(struct scene *scene)
{
    OWNED_OUTGOING outgoing = {0};
    uint8_t *data = NULL;
    size_t size = 0;

    int r = reports_read(&scene->home.queue, scene->ids[0], &data, &size);
    if (r == 0) {
        r = outgoing_sealed(&scene->home, scene->ids[0],
                            (struct span){data, size}, &outgoing);
    }
    free(data);
    return r;
}

/* --- another process --- */

/* Another uploader sends the first report, unless it is somebody's. */
static void sent_meanwhile(void *context)
{
    struct scene *scene = context;
    struct claim claim = CLAIM_NONE;

    if (claim_take(&scene->home.queue, scene->ids[0], &claim) == 0)
        assert_int_equal(claim_end(&scene->home.queue, &claim, QUEUE_SENT), 0);
}

/* Somebody types `inquest rm`. */
static void removed_meanwhile(void *context)
{
    struct scene *scene = context;
    enum queue_place place = QUEUE_BUSY;

    if (scene_places(scene, scene->ids[0], &place) != 1 || place == QUEUE_BUSY)
        return;
    int r = discard_from(scene, place);
    assert_true(r == 0 || r == -EBUSY || r == -ERR_HELD);
}

/* It may be gone; what was said of it is nobody's concern then. */
static void check_others(struct scene *scene, int r)
{
    enum queue_place place = QUEUE_TMP;
    size_t places = (size_t)scene_places(scene, scene->ids[0], &place);

    (void)r;
    scene_holds(places <= 1, "a report is in one place");
    scene_holds(scene_count(scene) == SCENE_REPORTS - 1 + places,
                "the others stay");
}

static void check_kept(struct scene *scene, int r)
{
    scene_holds(r >= 0, "it is no failure that one is gone");
    scene_holds(scene_count(scene) == 1 &&
                    scene_is_in(scene, scene->ids[2], QUEUE_NEW),
                "what is within the limit stays, and nothing else");
}

static int list_again(struct scene *scene)
{
    OWNED_REPORTS reports = {0};

    return reports_list(&scene->home.queue, &reports);
}

static const struct operation operations[] = {
    {"queue_open", NULL, open_again, holds_all, NULL},
    {"drop", NULL, drop_fresh, check_fresh, NULL},
    {"claim, end", NULL, claim_and_send, check_sent, NULL},
    {"claim, reject", NULL, claim_and_reject, check_rejected, NULL},
    {"requeue", reject_first, requeue, check_requeued, NULL},
    {"revive", leave_claimed, revive, holds_all, NULL},
    {"wait", leave_claimed, wait, holds_all, NULL},
    {"discard from new/", NULL, discard_new, check_discarded, NULL},
    {"discard from bad/", reject_first, discard_bad, check_discarded, NULL},
    {"retention", fill_up, retain, check_retained, NULL},
    {"sweep", leave_claimed, sweep_all, holds_all, NULL},
    {"list and load", NULL, list, holds_all, NULL},
    {"seal", with_key, seal, check_sealed, NULL},
    {"pack a sealed one", sealed_before, pack_sealed, holds_all, NULL},
    {"claim while sent", NULL, claim_and_send, check_others, sent_meanwhile},
    {"claim while removed", NULL, claim_and_reject, check_others,
     removed_meanwhile},
    {"revive while sent", leave_claimed, revive, check_others, sent_meanwhile},
    {"wait while sent", leave_claimed, wait, check_others, sent_meanwhile},
    {"discard while sent", NULL, discard_new, check_others, sent_meanwhile},
    {"retention while removed", fill_up, retain, check_kept, removed_meanwhile},
    {"list while sent", NULL, list_again, holds_all, sent_meanwhile},
    {"list while removed", NULL, list_again, check_others, removed_meanwhile},
    {"seal while sent", with_key, seal, holds_all, sent_meanwhile},
    {"seal while removed", with_key, seal, check_others, removed_meanwhile},
};

static void whatever_fails_no_report_is_lost_or_half(void **state)
{
    (void)state;
    scene_sweep(operations, ARRAY_LENGTH(operations));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_no_report_is_lost_or_half),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
