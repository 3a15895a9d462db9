/* Opening, migrating, projects, and the pool of readers. Context: tool. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/store_sqlite/internal.h"
#include "collector/store_sqlite/schema.h"

#define HEAP_BYTES_SOFT (36ll << 20) /* SQLite gives back caches above */

static int open_readers(struct store *store)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < READERS; i++) {
        r = database_open(store->path, READER_CACHE_KIB, &store->readers[i]);
    }
    return r;
}

int store_open(const char *path, struct store **ret_store)
{
    struct store *store = calloc(1, sizeof *store);

    if (!store)
        return -ENOMEM;
    (void)pthread_mutex_init(&store->lock, NULL); /* cannot fail on Linux */
    (void)pthread_cond_init(&store->changed, NULL);
    (void)sqlite3_soft_heap_limit64(HEAP_BYTES_SOFT);
    store->path = strdup(path);
    int r = store->path
                ? database_open(path, WRITER_CACHE_KIB, &store->writer.database)
                : -ENOMEM;
    if (r == 0)
        r = schema_make(&store->writer.database, &store->old);
    if (r == 0)
        r = open_readers(store);
    if (r == 0)
        r = writer_start(&store->writer);
    if (r < 0) {
        store_close(&store);
        return r;
    }
    *ret_store = store;
    return 0;
}

void store_close(struct store **store)
{
    if (!*store)
        return;
    writer_stop(&(*store)->writer);
    for (size_t i = 0; i < READERS; i++)
        database_close(&(*store)->readers[i]);
    database_close(&(*store)->writer.database);
    (void)pthread_cond_destroy(&(*store)->changed);
    (void)pthread_mutex_destroy(&(*store)->lock);
    free((*store)->path);
    free(*store);
    *store = NULL;
}

struct database *reader_take(struct store *store)
{
    struct database *reader = NULL;

    (void)pthread_mutex_lock(&store->lock);
    while (!reader) {
        for (size_t i = 0; i < READERS && !reader; i++) {
            if (!store->taken[i]) {
                store->taken[i] = true;
                reader = &store->readers[i];
            }
        }
        if (!reader)
            (void)pthread_cond_wait(&store->changed, &store->lock);
    }
    (void)pthread_mutex_unlock(&store->lock);
    return reader;
}

void reader_give(struct store *store, struct database *reader)
{
    (void)pthread_mutex_lock(&store->lock);
    store->taken[reader - store->readers] = false;
    (void)pthread_cond_signal(&store->changed);
    (void)pthread_mutex_unlock(&store->lock);
}

struct naming {
    const char *name;
    int64_t project;
};

static int work_project(struct database *database, void *argument)
{
    struct naming *naming = argument;

    return database_number(
        database, &naming->project,
        "INSERT INTO project (name) VALUES (?) ON CONFLICT DO UPDATE"
        " SET name = name RETURNING id",
        "t", naming->name);
}

int store_project(struct store *store, const char *name, int64_t *ret_project)
{
    struct naming naming = {name, 0};
    int r = writer_do(&store->writer, work_project, &naming);

    if (r == 0)
        *ret_project = naming.project;
    return r;
}

json_t *store_projects(struct store *store, int64_t project)
{
    struct database *reader = reader_take(store);
    sqlite3_stmt *query = database_query(
        reader,
        "SELECT id, name FROM project WHERE ?1 = 0 OR id = ?1 ORDER BY name",
        "i", project);
    json_t *array = json_array();

    while (database_step(query) > 0) {
        json_array_append_new(array, json_pack("{s:s,s:s}", "id",
                                               column_text(query, 0), "name",
                                               column_text(query, 1)));
    }
    database_done(&query);
    reader_give(store, reader);
    return array;
}
