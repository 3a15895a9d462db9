/* One call after the other, by libcurl. Context: tool. */
#include "collector/webhook.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "collector/config.h"
#include "collector/metrics.h"
#include "collector/pause.h"
#include "collector/store.h"

struct webhook {
    struct collector *collector;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
};

static const char *url_of(const struct config *config, const char *project)
{
    for (size_t i = 0; project && i < config->project_count; i++) {
        if (strcmp(config->projects[i].name, project) == 0 &&
            config->projects[i].webhook_url)
            return config->projects[i].webhook_url;
    }
    return config->webhook_url;
}

/* What they answer is thrown away. */
static size_t take_nothing(const char *data, size_t size, size_t count,
                           void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

static void set_options(CURL *easy, const struct config *config,
                        const char *url)
{
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)WEBHOOK_TIMEOUT_S);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1l);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_nothing);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT,
                           "inquest-collector/" INQUEST_VERSION);
    if (config->webhook_ca_file) {
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, config->webhook_ca_file);
        (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* no other */
    }
}

static bool post(const struct config *config, const char *url, const char *body)
{
    CURL *easy = curl_easy_init();
    struct curl_slist *headers =
        curl_slist_append(NULL, "Content-Type: application/json");
    long status = 0;

    if (easy && headers) {
        set_options(easy, config, url);
        (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        if (curl_easy_perform(easy) == CURLE_OK)
            (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return status >= 200 && status < 300;
}

/* Whether the event is done with. */
static bool tell(const struct webhook *webhook, const json_t *event)
{
    const struct config *config = webhook->collector->config;
    const char *url =
        url_of(config, json_string_value(json_object_get(event, "project")));

    if (!url || json_is_null(json_object_get(event, "group")))
        return true; /* nobody wants it, or its group is gone */
    char *body = json_dumps(event, JSON_COMPACT);
    bool told = body && post(config, url, body);
    free(body);
    metric_add(told ? METRIC_EVENTS_TOLD : METRIC_EVENTS_FAILED, 1);
    return told;
}

static bool is_stopping(struct webhook *webhook)
{
    (void)pthread_mutex_lock(&webhook->lock);
    bool stopping = webhook->stopping;
    (void)pthread_mutex_unlock(&webhook->lock);
    return stopping;
}

static void tell_all(struct webhook *webhook)
{
    struct store *store = webhook->collector->store;
    json_t *event;

    while (!is_stopping(webhook) &&
           (event = store_next_event(store, clock_ms()))) {
        int64_t id = json_integer_value(json_object_get(event, "id"));
        json_object_del(event, "id");
        bool told = tell(webhook, event);
        json_decref(event);
        if (store_event_done(store, id, told, clock_ms()) < 0)
            break; /* the store's trouble: again in the next round */
    }
}

static void *run(void *argument)
{
    struct webhook *webhook = argument;

    while (!is_stopping(webhook)) {
        tell_all(webhook);
        struct timespec next = pause_until(WEBHOOK_LOOK_S);
        (void)pthread_mutex_lock(&webhook->lock);
        if (!webhook->stopping) {
            (void)pthread_cond_timedwait(&webhook->changed, &webhook->lock,
                                         &next);
        }
        (void)pthread_mutex_unlock(&webhook->lock);
    }
    return NULL;
}

int webhook_start(struct collector *collector, struct webhook **ret_webhook)
{
    struct webhook *webhook = calloc(1, sizeof *webhook);

    if (!webhook)
        return -ENOMEM;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(webhook);
        return -ENOMEM;
    }
    webhook->collector = collector;
    (void)pthread_mutex_init(&webhook->lock, NULL); /* cannot fail on Linux */
    pause_init(&webhook->changed);
    int r = pthread_create(&webhook->thread, NULL, run, webhook);
    if (r != 0) {
        free(webhook);
        return -r;
    }
    *ret_webhook = webhook;
    return 0;
}

void webhook_stop(struct webhook **webhook)
{
    if (!*webhook)
        return;
    (void)pthread_mutex_lock(&(*webhook)->lock);
    (*webhook)->stopping = true;
    (void)pthread_cond_signal(&(*webhook)->changed);
    (void)pthread_mutex_unlock(&(*webhook)->lock);
    (void)pthread_join((*webhook)->thread, NULL);
    (void)pthread_cond_destroy(&(*webhook)->changed);
    (void)pthread_mutex_destroy(&(*webhook)->lock);
    curl_global_cleanup();
    free(*webhook);
    *webhook = NULL;
}
