/* Batched commits. Context: tool. */
#include "collector/store_sqlite/writer.h"

#include <errno.h>
#include <time.h>

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* All jobs from first in one transaction. */
static int try_batch(struct writer *writer, struct writer_job *first)
{
    int r = database_exec(&writer->database, "BEGIN IMMEDIATE");

    for (struct writer_job *job = first; r == 0 && job; job = job->next) {
        job->result = job->work(&writer->database, job->argument);
        if (job->result == -EIO)
            r = -EIO;
    }
    uint64_t begin = now_us();
    if (r == 0)
        r = database_exec(&writer->database, "COMMIT");
    atomic_fetch_add(&writer->commit_us, now_us() - begin);
    atomic_fetch_add(&writer->commits, 1);
    if (r < 0) /* there may be none to roll back */
        DROP(database_exec(&writer->database, "ROLLBACK"));
    return r;
}

static void do_batch(struct writer *writer, struct writer_job *first)
{
    if (try_batch(writer, first) == 0)
        return;
    for (struct writer_job *job = first; job; job = job->next) {
        struct writer_job *next = job->next;
        job->next = NULL;
        if (!(job == first && !next) && try_batch(writer, job) == 0) {
            job->next = next;
            continue;
        }
        job->result = -EIO;
        job->next = next;
    }
}

static int work_checkpoint(struct database *database, void *argument)
{
    (void)database;
    (void)argument;
    return 0;
}

static void checkpoint(struct writer *writer, struct writer_job *job)
{
    int r = sqlite3_wal_checkpoint_v2(writer->database.db, NULL,
                                      SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

    job->result = r == SQLITE_OK ? 0 : r == SQLITE_BUSY ? -EBUSY : -EIO;
}

/* Takes what waits; a checkpoint comes alone. NULL: stop. */
static struct writer_job *take(struct writer *writer)
{
    struct writer_job *last = NULL;
    uint64_t count = 0;

    (void)pthread_mutex_lock(&writer->lock);
    while (!writer->first && !writer->stopping)
        (void)pthread_cond_wait(&writer->changed, &writer->lock);
    struct writer_job *first = writer->first;
    for (struct writer_job *job = first; job && count < WRITER_BATCH_MAX;
         job = job->next) {
        if (last &&
            (job->work == work_checkpoint || last->work == work_checkpoint))
            break;
        last = job;
        count++;
    }
    if (last) {
        writer->first = last->next;
        last->next = NULL;
    }
    if (!writer->first)
        writer->last = NULL;
    (void)pthread_mutex_unlock(&writer->lock);
    atomic_fetch_sub(&writer->waiting, count);
    atomic_fetch_add(&writer->jobs, count);
    return first;
}

static void *run(void *argument)
{
    struct writer *writer = argument;

    for (struct writer_job *first; (first = take(writer));) {
        if (first->work == work_checkpoint) {
            checkpoint(writer, first);
        } else {
            do_batch(writer, first);
        }
        for (struct writer_job *job = first; job;) {
            struct writer_job *next = job->next; /* done may free job */
            job->done(job->context, job->result);
            job = next;
        }
    }
    return NULL;
}

int writer_start(struct writer *writer)
{
    (void)pthread_mutex_init(&writer->lock, NULL); /* cannot fail on Linux */
    (void)pthread_cond_init(&writer->changed, NULL);
    int r = pthread_create(&writer->thread, NULL, run, writer);
    writer->started = r == 0;
    return -r;
}

void writer_stop(struct writer *writer)
{
    if (!writer->started)
        return;
    (void)pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    (void)pthread_cond_signal(&writer->changed);
    (void)pthread_mutex_unlock(&writer->lock);
    (void)pthread_join(writer->thread, NULL);
    (void)pthread_cond_destroy(&writer->changed);
    (void)pthread_mutex_destroy(&writer->lock);
    writer->started = false;
}

void writer_post(struct writer *writer, struct writer_job *job)
{
    job->next = NULL;
    atomic_fetch_add(&writer->waiting, 1);
    (void)pthread_mutex_lock(&writer->lock);
    if (writer->last) {
        writer->last->next = job;
    } else {
        writer->first = job;
    }
    writer->last = job;
    (void)pthread_cond_signal(&writer->changed);
    (void)pthread_mutex_unlock(&writer->lock);
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    int result;
};

static void wake(void *context, int result)
{
    struct waiter *waiter = context;

    (void)pthread_mutex_lock(&waiter->lock);
    waiter->result = result;
    waiter->done = true;
    (void)pthread_cond_signal(&waiter->changed);
    (void)pthread_mutex_unlock(&waiter->lock);
}

int writer_do(struct writer *writer, writer_work *work, void *argument)
{
    struct waiter waiter = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };
    struct writer_job job = {
        .work = work,
        .argument = argument,
        .done = wake,
        .context = &waiter,
    };

    writer_post(writer, &job);
    (void)pthread_mutex_lock(&waiter.lock);
    while (!waiter.done)
        (void)pthread_cond_wait(&waiter.changed, &waiter.lock);
    (void)pthread_mutex_unlock(&waiter.lock);
    return waiter.result;
}

int writer_checkpoint(struct writer *writer)
{
    return writer_do(writer, work_checkpoint, NULL);
}
