/* The two threads. Context: tool. */
#include "collector/symbols/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/config.h"
#include "collector/metrics.h"
#include "collector/pause.h"
#include "collector/store.h"
#include "collector/symbols/symbol_state.h"
#include "proto/base/err.h"
#include "proto/symbol_fill.h"

#define PROGRAM   "inquest-symbolicate"
#define DIR_BYTES 4096

/* A report that a person waits for. */
struct wait {
    struct wait *next;
    int64_t project;
    json_t *report;
    symbols_done *done;
    void *context;
};

/* A thread's child, of one project; made anew when files came. */
struct child {
    struct symbol_client *client;
    int64_t project;
    unsigned generation;
};

struct symbols {
    struct collector *collector;
    char program[DIR_BYTES];
    char directory[DIR_BYTES];
    pthread_t reports, stacks;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct wait *first, *last;
    size_t waiting;
    bool stopping, woken;
    atomic_uint generation; /* rises when a debug file comes */
};

/* --- the child ----------------------------------------------------------- */

struct arguments {
    char *words[SYMBOL_ARGUMENTS_MAX + 1];
    size_t count;
};

static void add_argument(struct arguments *arguments, const char *name,
                         const char *value)
{
    char *word = NULL;

    if (arguments->count == SYMBOL_ARGUMENTS_MAX ||
        asprintf(&word, "%s=%s", name, value) < 0)
        return; /* a directory less is looked into */
    arguments->words[arguments->count++] = word;
}

static void make_arguments(const struct symbols *symbols, int64_t project,
                           struct arguments *arguments)
{
    const struct config *config = symbols->collector->config;
    char path[SYMBOLS_PATH_BYTES];
    char *dirs = config->debug_dirs ? strdup(config->debug_dirs) : NULL;
    char *rest = dirs;

    if (symbols_path(symbols, project, "", path)) {
        (void)mkdir(path, 0700); /* it may be there; else no cache is kept */
        add_argument(arguments, "--debug-dir", path);
    }
    if (symbols_path(symbols, project, "cache", path))
        add_argument(arguments, "--cache-dir", path);
    for (size_t i = 0; rest && i < CONFIG_DEBUG_DIRS_MAX; i++) {
        const char *dir = strsep(&rest, ":");
        if (*dir)
            add_argument(arguments, "--debug-dir", dir);
    }
    if (config->debuginfod_urls)
        add_argument(arguments, "--debuginfod", config->debuginfod_urls);
    free(dirs);
}

/* The client for a project, as of the files of now; NULL: none starts. */
static struct symbol_client *child_for(struct symbols *symbols,
                                       struct child *child, int64_t project)
{
    struct arguments arguments = {.count = 0};
    unsigned generation = atomic_load(&symbols->generation);

    if (child->client && child->project == project &&
        child->generation == generation && !symbol_client_spent(child->client))
        return child->client;
    symbol_client_stop(&child->client);
    make_arguments(symbols, project, &arguments);
    child->project = project;
    child->generation = generation;
    DROP(symbol_client_start(symbols->program,
                             (const char *const *)(uintptr_t)arguments.words,
                             &child->client)); /* NULL then */
    for (size_t i = 0; i < arguments.count; i++)
        free(arguments.words[i]);
    return child->client;
}

/* --- reports ------------------------------------------------------------- */

static struct wait *take_report(struct symbols *symbols)
{
    (void)pthread_mutex_lock(&symbols->lock);
    while (!symbols->first && !symbols->stopping)
        (void)pthread_cond_wait(&symbols->changed, &symbols->lock);
    struct wait *wait = symbols->first;
    if (wait) {
        symbols->first = wait->next;
        symbols->waiting--;
        if (!symbols->first)
            symbols->last = NULL;
    }
    (void)pthread_mutex_unlock(&symbols->lock);
    return wait;
}

static void *run_reports(void *argument)
{
    struct symbols *symbols = argument;
    struct child child = {0};

    for (struct wait *wait; (wait = take_report(symbols));) {
        struct symbol_fill fill =
            symbol_fill_init(child_for(symbols, &child, wait->project),
                             symbols->collector->config->local_modules > 0,
                             SYMBOLS_REPORT_WAIT_MS);
        if (fill.client) {
            symbol_fill_report(&fill, wait->report);
            symbol_state_set(&fill, wait->report);
        } else {
            symbols_none(wait->report);
        }
        symbol_fill_end(&fill);
        wait->done(wait->context, wait->report);
        free(wait);
    }
    symbol_client_stop(&child.client);
    return NULL;
}

bool symbols_fill_later(struct symbols *symbols, int64_t project,
                        json_t *report, symbols_done *done, void *context)
{
    struct wait *wait = calloc(1, sizeof *wait);
    bool taken = false;

    if (!wait)
        return false;
    *wait = (struct wait){NULL, project, report, done, context};
    (void)pthread_mutex_lock(&symbols->lock);
    if (symbols->waiting < SYMBOLS_WAITING_MAX && !symbols->stopping) {
        if (symbols->last) {
            symbols->last->next = wait;
        } else {
            symbols->first = wait;
        }
        symbols->last = wait;
        symbols->waiting++;
        taken = true;
        (void)pthread_cond_broadcast(&symbols->changed);
    }
    (void)pthread_mutex_unlock(&symbols->lock);
    if (!taken)
        free(wait);
    return taken;
}

void symbols_none(json_t *report)
{
    json_object_set_new(report, "symbolication",
                        json_pack("{s:s,s:[]}", "state", "pending", "modules"));
}

/* --- stacks -------------------------------------------------------------- */

/* Files came while a stack was named without them, and was not yet among those
 * that lack them. */
static void look_again(struct symbols *symbols, const json_t *missing)
{
    size_t count = 0;
    size_t index;
    const json_t *id;

    json_array_foreach(missing, index, id)
    {
        DROP(store_symbols_came(symbols->collector->store,
                                json_string_value(id),
                                &count)); /* found at the next start */
    }
}

/* Names for one stack, then its group. A child that fails names nothing: the
 * stack then waits for the files it lacks, not for ever. */
static int name_stack(struct symbols *symbols, struct child *child,
                      struct store_stack_row *row)
{
    unsigned generation = atomic_load(&symbols->generation);
    struct symbol_fill fill = symbol_fill_init(
        child_for(symbols, child, row->project),
        symbols->collector->config->local_modules > 0, SYMBOLS_STACK_WAIT_MS);
    struct signature signature;
    json_t *missing = json_array();

    if (fill.client) {
        symbol_fill_frames(&fill, row->evidence);
        symbol_fill_type(&fill, row->evidence, "exception");
    }
    symbol_state_missing(&fill, row->evidence, missing);
    symbol_fill_end(&fill);
    signature_make(row->project, row->evidence, NULL, &signature);
    int r = store_settle(symbols->collector->store, row, &signature, missing);
    if (r == 0 && atomic_load(&symbols->generation) != generation)
        look_again(symbols, missing);
    json_decref(missing);
    metric_add(METRIC_STACKS_NAMED, 1);
    return r;
}

static bool is_stopping(struct symbols *symbols)
{
    (void)pthread_mutex_lock(&symbols->lock);
    bool stopping = symbols->stopping;
    (void)pthread_mutex_unlock(&symbols->lock);
    return stopping;
}

static void name_all(struct symbols *symbols, struct child *child)
{
    struct store_stack_row row = {0};

    while (!is_stopping(symbols) &&
           store_next_stack(symbols->collector->store, STORE_STACKS_PENDING,
                            row.stack, &row) == 0) {
        int r = name_stack(symbols, child, &row);
        json_decref(row.evidence);
        if (r < 0)
            break; /* the store's trouble: again in the next round */
    }
}

static bool has_file(const char *directory, const char *build_id,
                     const char *suffix)
{
    char path[SYMBOLS_PATH_BYTES];
    int size = snprintf(path, sizeof path, "%s/.build-id/%.2s/%s%s", directory,
                        build_id, build_id + 2, suffix);

    return size < (int)sizeof path && access(path, R_OK) == 0;
}

/* Somebody may have put a file into one of the trees. */
static bool is_there_now(const struct symbols *symbols, const char *build_id)
{
    const char *configured = symbols->collector->config->debug_dirs;
    char *dirs = configured ? strdup(configured) : NULL;
    char *rest = dirs;
    bool there = has_file("/usr/lib/debug", build_id, ".debug");

    while (rest && !there) {
        const char *dir = strsep(&rest, ":");
        there =
            has_file(dir, build_id, ".debug") || has_file(dir, build_id, "");
    }
    free(dirs);
    return there;
}

/* An upload was complete, and whoever should tell of it was killed. */
static bool was_uploaded(const struct symbols *symbols, const char *build_id)
{
    const struct config *config = symbols->collector->config;
    char path[SYMBOLS_PATH_BYTES];
    bool there = false;

    for (size_t i = 0; !there && i < config->project_count; i++) {
        there = symbols_path(symbols, config->projects[i].id, "", path) &&
                (has_file(path, build_id, ".debug") ||
                 has_file(path, build_id, ""));
    }
    return there;
}

static void look_for_missing(struct symbols *symbols, bool first)
{
    json_t *missing = store_missing(symbols->collector->store);
    size_t index;
    const json_t *id;

    json_array_foreach(missing, index, id)
    {
        const char *text = json_string_value(id);
        if (text && strlen(text) > 2 &&
            (is_there_now(symbols, text) ||
             (first && was_uploaded(symbols, text))))
            symbols_came(symbols, text);
    }
    json_decref(missing);
}

static void *run_stacks(void *argument)
{
    struct symbols *symbols = argument;
    struct child child = {0};
    time_t looked = 0;

    while (!is_stopping(symbols)) {
        name_all(symbols, &child);
        struct timespec next = pause_until(0);
        if (next.tv_sec - looked >= SYMBOLS_LOOK_S) {
            look_for_missing(symbols, looked == 0);
            looked = next.tv_sec;
        }
        next.tv_sec += SYMBOLS_IDLE_S;
        (void)pthread_mutex_lock(&symbols->lock);
        while (!symbols->stopping && !symbols->woken &&
               pthread_cond_timedwait(&symbols->changed, &symbols->lock,
                                      &next) == 0)
            continue;
        symbols->woken = false;
        (void)pthread_mutex_unlock(&symbols->lock);
    }
    symbol_client_stop(&child.client);
    return NULL;
}

void symbols_wake(struct symbols *symbols)
{
    (void)pthread_mutex_lock(&symbols->lock);
    symbols->woken = true;
    (void)pthread_cond_broadcast(&symbols->changed);
    (void)pthread_mutex_unlock(&symbols->lock);
}

void symbols_came(struct symbols *symbols, const char *build_id)
{
    size_t count = 0;

    atomic_fetch_add(&symbols->generation, 1);
    DROP(store_symbols_came(symbols->collector->store, build_id,
                            &count)); /* found at a later look */
    symbols_wake(symbols);
}

/* --- life ---------------------------------------------------------------- */

bool symbols_path(const struct symbols *symbols, int64_t project,
                  const char *part, char ret_path[SYMBOLS_PATH_BYTES])
{
    int size = snprintf(ret_path, SYMBOLS_PATH_BYTES, "%.3900s/%" PRId64 "/%s",
                        symbols->directory, project, part);

    return size < SYMBOLS_PATH_BYTES;
}

const char *symbols_program(const struct symbols *symbols)
{
    return symbols->program;
}

static int find_program(char program[DIR_BYTES])
{
    char self[DIR_BYTES];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);

    if (size <= 0)
        return -ENOENT;
    self[size] = '\0';
    char *slash = strrchr(self, '/');
    if (!slash)
        return -ENOENT;
    *slash = '\0';
    if (snprintf(program, DIR_BYTES, "%s/" PROGRAM, self) >= DIR_BYTES)
        return -ENAMETOOLONG;
    return access(program, X_OK) == 0 ? 0 : -ENOENT;
}

static int find_directory(const struct config *config,
                          char directory[DIR_BYTES])
{
    int size = config->symbols_dir
                   ? snprintf(directory, DIR_BYTES, "%s", config->symbols_dir)
                   : snprintf(directory, DIR_BYTES, "%s.symbols", config->db);

    if (size >= DIR_BYTES)
        return -ENAMETOOLONG;
    return mkdir(directory, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int start_threads(struct symbols *symbols)
{
    int r = pthread_create(&symbols->reports, NULL, run_reports, symbols);

    if (r != 0)
        return -r;
    r = pthread_create(&symbols->stacks, NULL, run_stacks, symbols);
    if (r == 0)
        return 0;
    (void)pthread_mutex_lock(&symbols->lock);
    symbols->stopping = true;
    (void)pthread_cond_broadcast(&symbols->changed);
    (void)pthread_mutex_unlock(&symbols->lock);
    (void)pthread_join(symbols->reports, NULL);
    return -r;
}

int symbols_start(struct collector *collector, struct symbols **ret_symbols)
{
    struct symbols *symbols = calloc(1, sizeof *symbols);

    if (!symbols)
        return -ENOMEM;
    symbols->collector = collector;
    (void)pthread_mutex_init(&symbols->lock, NULL); /* cannot fail on Linux */
    pause_init(&symbols->changed);
    int r = find_program(symbols->program);
    if (r == 0)
        r = find_directory(collector->config, symbols->directory);
    if (r == 0)
        r = start_threads(symbols);
    if (r < 0) {
        free(symbols);
        return r;
    }
    *ret_symbols = symbols;
    return 0;
}

void symbols_stop(struct symbols **symbols)
{
    if (!*symbols)
        return;
    (void)pthread_mutex_lock(&(*symbols)->lock);
    (*symbols)->stopping = true;
    (void)pthread_cond_broadcast(&(*symbols)->changed);
    (void)pthread_mutex_unlock(&(*symbols)->lock);
    (void)pthread_join((*symbols)->reports, NULL);
    (void)pthread_join((*symbols)->stacks, NULL);
    free(*symbols);
    *symbols = NULL;
}
