/* The state directory of the sweeps. Context: tool. */
#include "tests/unit/failing_scene.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/frame.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/withdraw.h"
#include "reporter/queue/claim.h"
#include "reporter/queue/fresh.h"
#include "reporter/queue/reports.h"
#include "reporter/queue/sweep.h"
#include "tests/unit/failing.h"

#define DENSE  50
#define SPARSE 11

static const char *running = "nothing";
static unsigned striking;
static unsigned striking_count;

void scene_holds(bool holds, const char *sentence)
{
    if (!holds) {
        (void)failing_end();
        fail_msg("%s, call %u (%s), %u in a row: it does not hold that %s",
                 running, striking, failing_name(), striking_count, sentence);
    }
}

static void drop_one(struct home *home, char ret_id[REPORT_ID_BYTES])
{
    Inquest__V1__Feature feature = INQUEST__V1__FEATURE__INIT;
    Inquest__V1__Feature *features[] = {&feature};
    Inquest__V1__Sensitive sensitive = INQUEST__V1__SENSITIVE__INIT;
    Inquest__V1__Exception exception = INQUEST__V1__EXCEPTION__INIT;
    Inquest__V1__Crash crash = INQUEST__V1__CRASH__INIT;
    struct fresh fresh;

    feature.name = (char *)SCENE_FEATURE;
    sensitive.host_name = (char *)SCENE_HOST;
    crash.abort_message = (char *)"cannot open " SCENE_HOME "/" SCENE_SAID;
    crash.cause = (char *)"abort: cannot open " SCENE_HOME "/" SCENE_SAID;
    exception.message = (char *)"no " SCENE_SAID " in " SCENE_HOME;
    crash.exception = &exception;
    assert_int_equal(fresh_report(home, INQUEST__V1__KIND__CRASH, &fresh), 0);
    fresh.report.features = features;
    fresh.report.n_features = 1;
    fresh.report.sensitive = &sensitive;
    fresh.report.crash = &crash;
    assert_int_equal(fresh_drop(home, &fresh), 0);
    memcpy(ret_id, fresh.id, REPORT_ID_BYTES);
}

void scene_make(struct scene *scene)
{
    static const enum data_class granted[] = {CLASS_OPTIONAL, CLASS_SENSITIVE};
    void *state = NULL;

    assert_int_equal(support_directory_make(&state), 0);
    *scene = (struct scene){.directory = state};
    assert_int_equal(setenv("INQUEST_STATE_DIR", state, 1), 0);
    assert_int_equal(setenv("XDG_CONFIG_HOME", state, 1), 0);
    assert_int_equal(setenv("HOME", SCENE_HOME, 1), 0);
    assert_int_equal(home_open(&scene->home), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(granted); i++) {
        struct consent_wish wish = {granted[i], CONSENT_GRANTED, "command"};
        consent_apply(&scene->home, &wish);
    }
    assert_int_equal(consent_store(&scene->home), 0);
    assert_int_equal(audit_append(scene->home.state_fd, "consent", "begin"), 0);
    for (size_t i = 0; i < SCENE_REPORTS; i++)
        drop_one(&scene->home, scene->ids[i]);
}

void scene_remove(struct scene *scene)
{
    void *state = scene->directory;

    home_close(&scene->home);
    free(scene->own);
    assert_int_equal(support_directory_remove(&state), 0);
}

bool scene_is_in(const struct scene *scene, const char *id,
                 enum queue_place place)
{
    char name[QUEUE_NAME_BYTES];

    assert_int_equal(queue_name(id, name), 0);
    return faccessat(scene->home.queue.dir_fd[place], name, F_OK, 0) == 0;
}

int scene_places(const struct scene *scene, const char *id,
                 enum queue_place *ret_place)
{
    int count = 0;

    for (int place = QUEUE_NEW; place < QUEUE_PLACES; place++) {
        if (scene_is_in(scene, id, (enum queue_place)place)) {
            *ret_place = (enum queue_place)place;
            count++;
        }
    }
    return count;
}

void scene_move(const struct scene *scene, const char *id,
                enum queue_place place)
{
    char name[QUEUE_NAME_BYTES];
    enum queue_place from = QUEUE_NEW;

    assert_int_equal(queue_name(id, name), 0);
    assert_int_equal(scene_places(scene, id, &from), 1);
    assert_int_equal(renameat(scene->home.queue.dir_fd[from], name,
                              scene->home.queue.dir_fd[place], name),
                     0);
}

void scene_spread(struct scene *scene)
{
    scene_move(scene, scene->ids[0], QUEUE_SENT);
    scene_move(scene, scene->ids[1], QUEUE_BUSY);
}

static bool is_whole(const struct scene *scene, const char *id)
{
    uint8_t *data = NULL;
    size_t size = 0;
    struct span payload;
    bool sealed;

    int r = reports_read(&scene->home.queue, id, &data, &size);
    if (r == 0)
        r = frame_open_any((struct span){data, size}, &payload, &sealed);
    free(data);
    return r == 0;
}

size_t scene_count(const struct scene *scene)
{
    OWNED_REPORTS reports = {0};

    assert_int_equal(reports_list(&scene->home.queue, &reports), 0);
    for (size_t i = 0; i < reports.count; i++)
        scene_holds(is_whole(scene, reports.items[i].id), "reports are whole");
    return reports.count;
}

static size_t entries(const char *path)
{
    DIR *list = opendir(path);
    size_t count = 0;

    assert_non_null(list);
    while (readdir(list))
        count++;
    (void)closedir(list);
    return count;
}

/* A later command, nothing failing. */
static void check_later(struct scene *scene)
{
    uint64_t lines = 0;
    OWNED_HOME later = HOME_CLOSED;
    char path[SUPPORT_PATH_BYTES + 16];

    (void)scene_count(scene);
    scene_holds(home_open(&later) == 0, "a later command works");
    scene_holds(later.problem[0] == '\0', "nothing is amiss later");
    scene_holds(claim_revive(&later.queue) >= 0, "claims are revived");
    scene_holds(sweep_temporary(&later, 0) == 0, "leftovers are swept");
    scene_holds(audit_verify(later.state_fd, &lines) == 0,
                "the audit log is whole");
    (void)snprintf(path, sizeof path, "%s/queue/tmp", scene->directory);
    scene_holds(entries(path) == 2, "tmp/ is empty");
    struct consent_layers layers = home_layers(&later);
    struct consent_page page;
    consent_page_read(later.state_fd, &page);
    scene_holds(page.recording_classes == consent_recording(&layers),
                "programs record what is allowed");
}

/* False: no call was left to fail. */
static bool run_case(const struct operation *operation, unsigned nth,
                     unsigned count)
{
    struct scene scene;

    scene_make(&scene);
    if (operation->prepare)
        operation->prepare(&scene);
    running = operation->name;
    striking = nth;
    striking_count = count;
    size_t open_before = entries("/proc/self/fd");
    if (operation->meanwhile) {
        failing_meanwhile(nth, operation->meanwhile, &scene);
    } else {
        failing_begin(nth, count);
    }
    int r = operation->run(&scene);
    unsigned struck = failing_end();
    scene_holds(entries("/proc/self/fd") == open_before,
                "no descriptor is left open");
    scene_holds(struck > 0 || r >= 0, "untouched it succeeds");
    if (operation->check)
        operation->check(&scene, r);
    check_later(&scene);
    scene_remove(&scene);
    return struck > 0;
}

/* Of long ones a part: their calls are the same ones in a loop. */
static void sweep_one(const struct operation *operation, unsigned count)
{
    unsigned nth = 1;

    while (run_case(operation, nth, count))
        nth += count == 1 || nth < DENSE ? 1 : SPARSE;
    print_message("%s: %u calls, %u in a row\n", operation->name, nth - 1,
                  count);
}

void scene_sweep(const struct operation *operations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sweep_one(&operations[i], 1);
        if (operations[i].meanwhile)
            continue;
        sweep_one(&operations[i], 2);
        sweep_one(&operations[i], UINT_MAX);
    }
}
