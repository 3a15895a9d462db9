/* Debug files over HTTP. Context: tool. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "collector/api/api.h"
#include "collector/collector.h"
#include "collector/metrics.h"
#include "collector/symbols/debug_upload.h"
#include "proto/base/err.h"

#define CHUNKS_MAX 32 /* threads that wait for their turn */

static bool is_hex(const char *text, size_t least, size_t most)
{
    size_t size = strlen(text);

    return size >= least && size <= most && size % 2 == 0 &&
           strspn(text, "0123456789abcdef") == size;
}

static uint64_t number(const struct request *request, const char *name)
{
    const char *text = request_argument(request, name);
    char *end = NULL;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;

    return text && end != text && !*end ? value : UINT64_MAX;
}

/* What is wrong with the request; NULL: nothing. */
static const char *open_upload(const struct request *request,
                               struct debug_upload *ret_upload)
{
    const char *digest = request_argument(request, "digest");

    *ret_upload = (struct debug_upload){
        .symbols = request->collector->symbols,
        .project = request->project,
        .build_id = request->id,
        .digest = digest ? digest : "",
    };
    if (!ret_upload->symbols)
        return "this collector looks up no names (symbols = no)";
    if (!is_hex(request->id, DEBUG_UPLOAD_ID_MIN, DEBUG_UPLOAD_ID_MAX))
        return "a build-id is lower-case hexadecimal";
    if (digest &&
        !is_hex(digest, DEBUG_UPLOAD_DIGEST_DIGITS, DEBUG_UPLOAD_DIGEST_DIGITS))
        return "digest: BLAKE2b-256 of the file, lower-case hexadecimal";
    return NULL;
}

static struct answer state_answer(unsigned status, const char *build_id,
                                  enum debug_upload_state state,
                                  uint64_t offset)
{
    static const char *const states[] = {
        [UPLOAD_MISSING] = "missing",
        [UPLOAD_PARTIAL] = "partial",
        [UPLOAD_COMPLETE] = "complete",
    };

    return answer_json(status,
                       json_pack("{s:s,s:s,s:I}", "buildId", build_id, "state",
                                 states[state], "offset", (json_int_t)offset));
}

struct answer api_symbols_look(struct request *request)
{
    struct debug_upload upload;
    uint64_t offset = 0;
    const char *wrong = open_upload(request, &upload);

    if (wrong)
        return answer_error(400, wrong);
    enum debug_upload_state state = debug_upload_look(&upload, &offset);
    return state_answer(200, request->id, state, offset);
}

static struct answer answer_of(struct request *request, int r, uint64_t offset)
{
    switch (r) {
    case 0:
        return state_answer(202, request->id, UPLOAD_PARTIAL, offset);
    case 1:
        metric_add(METRIC_SYMBOL_FILES, 1);
        symbols_came(request->collector->symbols, request->id);
        return state_answer(201, request->id, UPLOAD_COMPLETE, 0);
    case -ESPIPE:
        return state_answer(409, request->id, UPLOAD_PARTIAL, offset);
    case -ENOSPC:
        return answer_error(507, "the disk is too full for debug files");
    case -ERR_FORMAT:
        return answer_error(422, "not a file with symbols and this build-id, "
                                 "or its digest is another");
    default:
        return answer_later(503, 5, "the file cannot be kept now");
    }
}

/* A chunk on a thread of its own: a file's check takes as long as a child likes
 * to, and the threads of requests are few. */
struct chunk {
    struct request *request;
    struct debug_upload upload;
    uint64_t offset;
};

static atomic_uint chunks; /* under way */

static void *take_chunk(void *argument)
{
    struct chunk *chunk = argument;
    struct request *request = chunk->request;
    uint64_t at = 0;

    int r = debug_upload_append(&chunk->upload, chunk->offset,
                                request_body(request), &at);
    free(chunk);
    struct answer answer = answer_of(request, r, at);
    atomic_fetch_sub(&chunks, 1);
    request_answer(request, answer);
    return NULL;
}

static struct answer take_later(struct chunk *chunk)
{
    pthread_attr_t detached;
    pthread_t thread;

    (void)pthread_attr_init(&detached); /* these cannot fail on Linux */
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    request_defer(chunk->request);
    if (pthread_create(&thread, &detached, take_chunk, chunk) != 0)
        (void)take_chunk(chunk);
    (void)pthread_attr_destroy(&detached);
    return ANSWER_DEFERRED;
}

struct answer api_symbols_put(struct request *request)
{
    struct debug_upload upload;
    uint64_t offset = number(request, "offset");
    const char *wrong = open_upload(request, &upload);

    if (wrong)
        return answer_error(400, wrong);
    upload.size_bytes = number(request, "size");
    if (!*upload.digest || upload.size_bytes == 0 ||
        upload.size_bytes > DEBUG_UPLOAD_BYTES_MAX ||
        offset > upload.size_bytes) {
        return answer_error(400, "expected ?offset=&size=&digest=, a size of "
                                 "at most 4 GiB");
    }
    struct chunk *chunk = atomic_fetch_add(&chunks, 1) < CHUNKS_MAX
                              ? malloc(sizeof *chunk)
                              : NULL;
    if (!chunk) {
        atomic_fetch_sub(&chunks, 1);
        return answer_later(503, 5, "too many debug files at once");
    }
    *chunk = (struct chunk){request, upload, offset};
    return take_later(chunk);
}
