/* Checks before every handler. Context: tool. */
#include "collector/access/access.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/access/log_in_limit.h"
#include "collector/access/session.h"
#include "collector/collector.h"
#include "collector/http/route.h"
#include "collector/metrics.h"

#define ADDRESS_BYTES 64
#define BEARER        "Bearer "

struct access {
    struct config *config;
    struct sessions sessions;
    pthread_mutex_t lock; /* of the limit */
    struct log_in_limit limit;
    bool page_required, ingest_required;
};

static bool page_configured(const struct config *config)
{
    bool any = config->password.count > 0 || config->page.count > 0;

    for (size_t i = 0; i < config->project_count; i++) {
        any |= config->projects[i].password.count > 0 ||
               config->projects[i].page.count > 0;
    }
    return any;
}

static bool ingest_configured(const struct config *config)
{
    bool any = false;

    for (size_t i = 0; i < config->project_count; i++)
        any |= config->projects[i].ingest.count > 0;
    return any;
}

int access_open(struct config *config, struct store *store,
                struct access **ret_access)
{
    struct access *access = calloc(1, sizeof *access);

    if (!access)
        return -ENOMEM;
    access->config = config;
    access->page_required = page_configured(config);
    access->ingest_required = ingest_configured(config);
    sessions_init(&access->sessions);
    (void)pthread_mutex_init(&access->lock, NULL); /* cannot fail on Linux */
    for (size_t i = 0; i < config->project_count; i++) {
        int r = store_project(store, config->projects[i].name,
                              &config->projects[i].id);
        if (r < 0) {
            access_close(&access);
            return r;
        }
    }
    *ret_access = access;
    return 0;
}

void access_close(struct access **access)
{
    if (*access)
        (void)pthread_mutex_destroy(&(*access)->lock);
    free(*access);
    *access = NULL;
}

const char *access_lacks(const struct config *config)
{
    if (!page_configured(config))
        return "page_password_file or page_token_file";
    for (size_t i = 0; i < config->project_count; i++) {
        if (config->projects[i].ingest.count == 0)
            return "project.NAME.ingest_token_file of every project";
    }
    return NULL;
}

bool access_required(const struct access *access)
{
    return access->page_required;
}

static const char *bearer(const struct request *request)
{
    const char *header = request_header(request, "Authorization");

    if (!header || strncasecmp(header, BEARER, sizeof BEARER - 1) != 0)
        return NULL;
    return header + sizeof BEARER - 1;
}

/* All are compared, so that time tells nothing of which one fits. */
static bool ingest_project(const struct access *access, const char *token,
                           int64_t *ret_project)
{
    const struct config *config = access->config;
    bool found = false;

    for (size_t i = 0; i < config->project_count; i++) {
        if (secrets_match(&config->projects[i].ingest, token)) {
            *ret_project = config->projects[i].id;
            found = true;
        }
    }
    return found;
}

static bool page_token(const struct access *access, const char *token,
                       int64_t *ret_project)
{
    const struct config *config = access->config;
    bool found = secrets_match(&config->page, token);

    if (found)
        *ret_project = 0;
    for (size_t i = 0; i < config->project_count; i++) {
        if (secrets_match(&config->projects[i].page, token)) {
            *ret_project = config->projects[i].id;
            found = true;
        }
    }
    return found;
}

static const char *cookie(const struct request *request)
{
    return MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND,
                                       SESSION_COOKIE);
}

bool access_page(struct access *access, const struct request *request,
                 int64_t *ret_project)
{
    const char *token = bearer(request);
    const char *session = cookie(request);

    if (!access->page_required) {
        *ret_project = 0;
        return true;
    }
    if (token)
        return page_token(access, token, ret_project);
    return session &&
           session_find(&access->sessions, session, clock_ms(), ret_project);
}

/* Whether a host header names this machine itself. */
static bool is_local_host(const char *host)
{
    static const char *const names[] = {"localhost", "[::1]"};
    size_t size = host ? strcspn(host, host[0] == '[' ? "" : ":") : 0;

    if (!host)
        return true; /* HTTP/1.0, no browser */
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        size_t name = strlen(names[i]);
        if (strncasecmp(host, names[i], name) == 0 &&
            (host[name] == '\0' || host[name] == ':'))
            return true;
    }
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == size;
}

/* A header that no form can set, or an origin that is our own. */
static bool is_own_page(const struct request *request)
{
    const char *origin = request_header(request, "Origin");
    const char *host = request_header(request, "Host");
    const char *scheme = origin ? strstr(origin, "://") : NULL;

    if (request_header(request, "X-Inquest"))
        return true;
    return scheme && host && strcasecmp(scheme + 3, host) == 0;
}

static bool is_change(const struct request *request)
{
    return strcmp(request->route->method, "GET") != 0;
}

static bool check_ingest(struct access *access, struct request *request,
                         struct answer *ret_denied)
{
    const char *token = bearer(request);

    request->project = access->config->projects[0].id;
    if (!access->ingest_required)
        return true;
    if (token && ingest_project(access, token, &request->project))
        return true;
    *ret_denied = answer_error(401, "an ingest token is needed: "
                                    "Authorization: Bearer TOKEN");
    return false;
}

/* A project of the query narrows what the session may see. */
static bool narrow(struct access *access, struct request *request,
                   struct answer *ret_denied)
{
    const char *wanted = request_argument(request, "project");
    char *end = NULL;

    (void)access;
    if (!wanted || !*wanted)
        return true;
    long long project = strtoll(wanted, &end, 10);
    if (*end || project <= 0 ||
        (request->project && project != request->project)) {
        *ret_denied = answer_error(404, "no such project");
        return false;
    }
    request->project = project;
    return true;
}

static bool check_page(struct access *access, struct request *request,
                       struct answer *ret_denied)
{
    if (!access_page(access, request, &request->project)) {
        *ret_denied = answer_error(401, "log in, or send a page token");
        return false;
    }
    return narrow(access, request, ret_denied);
}

bool access_check(struct access *access, struct request *request,
                  struct answer *ret_denied)
{
    enum need need = request->route->need;
    bool page = need == NEED_PAGE || need == NEED_ORIGIN;

    if (page && !access->page_required &&
        !is_local_host(request_header(request, "Host"))) {
        *ret_denied = answer_error(403, "without a configured password this "
                                        "answers to localhost alone");
        return false;
    }
    if (page && is_change(request) && !bearer(request) &&
        !is_own_page(request)) {
        *ret_denied = answer_error(403, "the header X-Inquest is needed");
        return false;
    }
    if (need == NEED_INGEST)
        return check_ingest(access, request, ret_denied);
    return need == NEED_PAGE ? check_page(access, request, ret_denied) : true;
}

/* --- log-in -------------------------------------------------------------- */

static bool password_project(const struct access *access, const char *password,
                             int64_t *ret_project)
{
    const struct config *config = access->config;

    if (secrets_match(&config->password, password)) {
        *ret_project = 0;
        return true;
    }
    for (size_t i = 0; i < config->project_count; i++) {
        if (secrets_match(&config->projects[i].password, password)) {
            *ret_project = config->projects[i].id;
            return true;
        }
    }
    return page_token(access, password, ret_project);
}

static bool is_secure(const struct config *config)
{
    return config->certificate_file || config->secure_cookies;
}

static void set_cookie(const struct access *access, struct answer *answer,
                       const char *token, int age_s)
{
    (void)snprintf(answer->cookie, sizeof answer->cookie,
                   SESSION_COOKIE "=%s; Path=/; Max-Age=%d; HttpOnly; "
                                  "SameSite=Strict%s",
                   token, age_s, is_secure(access->config) ? "; Secure" : "");
}

/* The limit is looked at and counted in one step. */
static int64_t count_guess(struct access *access, const char *address,
                           bool wrong)
{
    (void)pthread_mutex_lock(&access->lock);
    int64_t wait = log_in_limit_wait(&access->limit, address, clock_ms());
    if (wrong)
        log_in_limit_count(&access->limit, address, clock_ms());
    (void)pthread_mutex_unlock(&access->lock);
    return wait;
}

struct answer access_log_in(struct access *access,
                            const struct request *request, const char *password)
{
    struct answer answer = answer_empty(204);
    char token[SESSION_TOKEN_BYTES];
    char address[ADDRESS_BYTES];
    int64_t project = 0;

    request_address(request, address, sizeof address);
    int64_t wait_ms = count_guess(access, address, false);
    if (wait_ms > 0) {
        return answer_later(429, (unsigned)(wait_ms / 1000) + 1,
                            "too many wrong passwords; wait a little");
    }
    if (!password_project(access, password, &project)) {
        (void)count_guess(access, address, true);
        metric_add(METRIC_LOG_INS_REFUSED, 1);
        return answer_error(401, "wrong password");
    }
    session_start(&access->sessions, project, clock_ms(), token);
    set_cookie(access, &answer, token, (int)SESSION_S);
    return answer;
}

struct answer access_log_out(struct access *access,
                             const struct request *request)
{
    struct answer answer = answer_empty(204);
    const char *session = cookie(request);

    if (session)
        session_end(&access->sessions, session);
    set_cookie(access, &answer, "", 0);
    return answer;
}
