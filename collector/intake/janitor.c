/* Deletions, retention, spikes. Context: tool. */
#include "collector/intake/janitor.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "collector/config.h"
#include "collector/http/gzip.h"
#include "collector/intake/retention.h"
#include "collector/metrics.h"
#include "collector/pause.h"
#include "collector/store.h"
#include "proto/base/sys.h"
#include "proto/frame.h"

struct janitor {
    struct collector *collector;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping, woken;
    int64_t ahead_ms;       /* the wall clock, of CLOCK_BOOTTIME, when seen */
    int64_t doubt_until_ms; /* CLOCK_BOOTTIME; 0: none */
};

static bool is_stopping(struct janitor *janitor)
{
    (void)pthread_mutex_lock(&janitor->lock);
    bool stopping = janitor->stopping;
    (void)pthread_mutex_unlock(&janitor->lock);
    return stopping;
}

static int64_t boot_ms(void)
{
    return sys_clock_ns(CLOCK_BOOTTIME) / 1000000;
}

/* Whether the wall clock may say that a report's time is over. */
static bool clock_is_believed(struct janitor *janitor)
{
    int64_t now_ms = boot_ms();
    int64_t ahead_ms = clock_ms() - now_ms;
    int64_t step_ms = ahead_ms - janitor->ahead_ms;

    janitor->ahead_ms = ahead_ms;
    if (step_ms > JANITOR_STEP_MS) {
        janitor->doubt_until_ms = now_ms + JANITOR_DOUBT_MS;
    } else if (step_ms < -JANITOR_STEP_MS) {
        janitor->doubt_until_ms = 0;
    }
    return now_ms >= janitor->doubt_until_ms;
}

static void delete_all(struct janitor *janitor)
{
    struct store *store = janitor->collector->store;

    while (!is_stopping(janitor) && store_delete_step(store, clock_ms()) > 0)
        continue;
}

/* What is left of a report; an empty body: nothing. */
static int trim(const struct janitor *janitor, struct span body,
                unsigned age_days, uint8_t **ret_body,
                struct store_trimmed *ret_trimmed)
{
    OWNED_REPORT *report = NULL;
    uint8_t *packed = NULL;
    size_t size = 0;

    int r = frame_gunzip(body, FRAME_REPORT_BYTES_MAX, &packed, &size);
    if (r == 0)
        r = report_unpack((struct span){packed, size}, &report);
    free(packed);
    if (r < 0 || !report)
        return r < 0 ? r : -ERR_SCHEMA;
    unsigned next = retention_trim(report, age_days,
                                   janitor->collector->config->retention_days);
    ret_trimmed->body = (struct span){NULL, 0};
    if (next == 0)
        return 0;
    r = report_pack(report, &packed, &size);
    if (r == 0) {
        r = gzip_make((struct span){packed, size}, ret_body,
                      &ret_trimmed->body.size_bytes);
        free(packed);
    }
    ret_trimmed->body.data = *ret_body;
    ret_trimmed->expires_ms = next;
    ret_trimmed->anonymous =
        !report->device || !*report->device->installation_id;
    return r;
}

static int expire(const struct janitor *janitor,
                  const struct store_expired *expired)
{
    struct span body = {expired->body, expired->size_bytes};
    struct store_trimmed trimmed = {0};
    uint8_t *kept = NULL;
    int64_t age_days = (clock_ms() - expired->received_ms) / DAY_MS;

    int r = trim(janitor, body, age_days < 0 ? 0 : (unsigned)age_days, &kept,
                 &trimmed);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        trimmed.body.size_bytes = 0; /* unreadable, and its time is over */
    trimmed.expires_ms = expired->received_ms + trimmed.expires_ms * DAY_MS;
    metric_add(trimmed.body.size_bytes ? METRIC_REPORTS_TRIMMED
                                       : METRIC_REPORTS_EXPIRED,
               1);
    r = store_trim(janitor->collector->store, expired->report, &trimmed);
    free(kept);
    return r;
}

static void expire_all(struct janitor *janitor)
{
    struct store *store = janitor->collector->store;
    struct store_expired expired;
    bool any = false;

    while (!is_stopping(janitor) &&
           store_next_expired(store, clock_ms(), &expired) == 0) {
        int r = expire(janitor, &expired);
        free(expired.body);
        if (r < 0)
            break;
        any = true;
    }
    if (any)
        DROP(store_checkpoint(store)); /* else at a later one */
}

static void *run(void *argument)
{
    struct janitor *janitor = argument;

    while (!is_stopping(janitor)) {
        delete_all(janitor);
        if (clock_is_believed(janitor))
            expire_all(janitor);
        DROP(store_find_spikes(janitor->collector->store,
                               clock_ms())); /* again in the next round */
        struct timespec next = pause_until(JANITOR_ROUND_S);
        (void)pthread_mutex_lock(&janitor->lock);
        while (!janitor->stopping && !janitor->woken &&
               pthread_cond_timedwait(&janitor->changed, &janitor->lock,
                                      &next) == 0)
            continue;
        janitor->woken = false;
        (void)pthread_mutex_unlock(&janitor->lock);
    }
    return NULL;
}

int janitor_start(struct collector *collector, struct janitor **ret_janitor)
{
    struct janitor *janitor = calloc(1, sizeof *janitor);

    if (!janitor)
        return -ENOMEM;
    janitor->collector = collector;
    janitor->ahead_ms = clock_ms() - boot_ms();
    (void)pthread_mutex_init(&janitor->lock, NULL); /* cannot fail on Linux */
    pause_init(&janitor->changed);
    int r = pthread_create(&janitor->thread, NULL, run, janitor);
    if (r != 0) {
        free(janitor);
        return -r;
    }
    *ret_janitor = janitor;
    return 0;
}

static void set(struct janitor *janitor, bool *flag)
{
    (void)pthread_mutex_lock(&janitor->lock);
    *flag = true;
    (void)pthread_cond_signal(&janitor->changed);
    (void)pthread_mutex_unlock(&janitor->lock);
}

void janitor_wake(struct janitor *janitor)
{
    set(janitor, &janitor->woken);
}

void janitor_stop(struct janitor **janitor)
{
    if (!*janitor)
        return;
    set(*janitor, &(*janitor)->stopping);
    (void)pthread_join((*janitor)->thread, NULL);
    (void)pthread_cond_destroy(&(*janitor)->changed);
    (void)pthread_mutex_destroy(&(*janitor)->lock);
    free(*janitor);
    *janitor = NULL;
}
