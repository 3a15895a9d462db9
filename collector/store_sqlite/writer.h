/*
 * The one thread that writes. What waits is done in one transaction, so that
 * one sync serves all who came while the last one ran; each is told after the
 * commit. A batch that fails is done again one by one, so that one bad job
 * does not fail the others. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_STORE_SQLITE_WRITER_H
#define INQUEST_COLLECTOR_STORE_SQLITE_WRITER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "collector/store.h"
#include "collector/store_sqlite/database.h"

#define WRITER_BATCH_MAX 512

/*
 * The work itself, inside a transaction; may be called twice. Only -EIO undoes
 * the transaction; other results are the job's own.
 */
typedef int writer_work(struct database *database, void *argument);

struct writer_job {
    struct writer_job *next;
    writer_work *work;
    void *argument;
    store_done *done;
    void *context;
    int result;
};

struct writer {
    struct database database;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct writer_job *first, *last;
    bool stopping, started;
    atomic_ullong commits, commit_us, jobs, waiting;
};

/* database is ready; from now on only the thread uses it. */
MUST_CHECK int writer_start(struct writer *writer);

/* Does all that waits, then ends. */
void writer_stop(struct writer *writer);

/* job stays with the caller until done was called, on the thread. */
void writer_post(struct writer *writer, struct writer_job *job);

/* The same, waiting for it. */
MUST_CHECK int writer_do(struct writer *writer, writer_work *work,
                         void *argument);

/* Outside a transaction: empties the write-ahead log. -EBUSY: readers. */
MUST_CHECK int writer_checkpoint(struct writer *writer);

#endif
