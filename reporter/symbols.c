/* The child that knows names. Context: tool. */
#include "reporter/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/state_dir.h"
#include "reporter/home.h"

struct symbolizer {
    pid_t pid;
    FILE *to;
    FILE *from;
    char *line;
    size_t line_capacity;
    json_t *missing;
    size_t frames_left;
};

static _Noreturn void be_child(const char *path, int input, int output)
{
    int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(null_fd, STDERR_FILENO);
    execl(path, path, "--serve", (char *)NULL);
    _exit(127);
}

static int start(struct symbolizer *symbolizer)
{
    char path[STATE_PATH_BYTES];
    int to[2];
    int from[2];

    int r = home_program("inquest-symbolicate", path);
    if (r < 0)
        return r;
    if (pipe2(to, O_CLOEXEC) < 0)
        return -errno;
    OWNED_FD to_read = to[0];
    OWNED_FD to_write = to[1];
    if (pipe2(from, O_CLOEXEC) < 0)
        return -errno;
    OWNED_FD from_read = from[0];
    OWNED_FD from_write = from[1];
    signal(SIGPIPE, SIG_IGN); /* its death is an error like another */
    symbolizer->pid = fork();
    if (symbolizer->pid < 0)
        return -errno;
    if (symbolizer->pid == 0)
        be_child(path, to_read, from_write);
    symbolizer->to = fdopen(fd_take(&to_write), "w");
    symbolizer->from = fdopen(fd_take(&from_read), "r");
    return symbolizer->to && symbolizer->from ? 0 : -ENOMEM;
}

static void stop(struct symbolizer *symbolizer)
{
    if (symbolizer->to)
        fclose(symbolizer->to);
    if (symbolizer->from)
        fclose(symbolizer->from);
    if (symbolizer->pid > 0)
        (void)waitpid(symbolizer->pid, NULL, 0); /* its input has ended */
    free(symbolizer->line);
}

/* One question, one answer: a new reference, or NULL. */
static json_t *ask(struct symbolizer *symbolizer, json_t *request)
{
    char *text = json_dumps(request, JSON_COMPACT);

    if (!text)
        return NULL;
    int r = fprintf(symbolizer->to, "%s\n", text);
    free(text);
    if (r < 0 || fflush(symbolizer->to) != 0)
        return NULL;
    if (getline(&symbolizer->line, &symbolizer->line_capacity,
                symbolizer->from) <= 0)
        return NULL;
    return json_loads(symbolizer->line, 0, NULL);
}

/* moduleOffset, less one behind a call: the call is what is meant. */
static json_t *request_of(const json_t *frame)
{
    const char *module = json_string_value(json_object_get(frame, "module"));
    const char *id = json_string_value(json_object_get(frame, "buildId"));
    const char *offset =
        json_string_value(json_object_get(frame, "moduleOffset"));
    const char *kind = json_string_value(json_object_get(frame, "pcKind"));
    char address[24];

    if (!module || !offset)
        return NULL;
    uint64_t value = strtoull(offset, NULL, 16);
    if (kind && strcmp(kind, "RETURN_ADDRESS") == 0 && value > 0)
        value--;
    snprintf(address, sizeof address, "0x%" PRIx64, value);
    return json_pack("{s:s,s:s,s:s}", "module", module, "buildId", id ? id : "",
                     "address", address);
}

static void copy(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);

    if (value)
        json_object_set(to, key, value);
}

/* Appends frame, and before it what was inlined there, to frames. */
static void append(json_t *frames, const json_t *frame, const json_t *answer)
{
    const json_t *found = json_object_get(answer, "frames");
    size_t count = json_array_size(found);

    if (count > SYMBOLS_INLINED_MAX)
        count = SYMBOLS_INLINED_MAX;
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_copy((json_t *)(uintptr_t)frame);
        const json_t *name = json_array_get(found, i);
        copy(one, name, "function");
        copy(one, name, "file");
        copy(one, name, "line");
        if (i + 1 < count)
            json_object_set_new(one, "inlined", json_true());
        json_array_append_new(frames, one);
    }
    if (count == 0)
        json_array_append(frames, (json_t *)(uintptr_t)frame);
}

/* What the child says of a module's debug file, once a module. */
static void note_missing(struct symbolizer *symbolizer, const json_t *frame,
                         const json_t *answer)
{
    const json_t *debug = json_object_get(answer, "debug");
    const char *state = json_string_value(json_object_get(debug, "state"));
    const char *id = json_string_value(json_object_get(debug, "buildId"));
    size_t index;
    json_t *tried;
    const char *module = json_string_value(json_object_get(frame, "module"));

    if (!state || strcmp(state, "found") == 0)
        return;
    const char *what = strcmp(state, "mismatch") == 0
                           ? "the file was replaced since, so no names"
                       : strcmp(state, "symtab") == 0
                           ? "functions only, no files and lines"
                           : "no symbols";
    json_array_append_new(
        symbolizer->missing,
        json_sprintf("%s (build-id %s): %s; its -dbgsym or -dbg package has "
                     "them",
                     module, id && *id ? id : "none", what));
    json_array_foreach(json_object_get(debug, "tried"), index, tried)
    {
        json_array_append_new(
            symbolizer->missing,
            json_sprintf("  tried %s", json_string_value(tried)));
    }
}

static void fill_frames(struct symbolizer *symbolizer, json_t *holder)
{
    json_t *frames = json_object_get(holder, "frames");
    json_t *filled = json_array();
    size_t index;
    json_t *frame;

    json_array_foreach(frames, index, frame)
    {
        if (json_is_true(json_object_get(frame, "inlined")))
            continue; /* of an earlier filling: it comes again */
        json_t *request =
            symbolizer->frames_left > 0 ? request_of(frame) : NULL;
        json_t *answer = request ? ask(symbolizer, request) : NULL;
        symbolizer->frames_left -= request != NULL;
        if (answer)
            note_missing(symbolizer, frame, answer);
        append(filled, frame, answer);
        json_decref(request);
        json_decref(answer);
    }
    if (frames)
        json_object_set(holder, "frames", filled);
    json_decref(filled);
}

static void fill_all(struct symbolizer *symbolizer, json_t *holders)
{
    size_t index;
    json_t *holder;

    json_array_foreach(holders, index, holder)
    {
        fill_frames(symbolizer, holder);
    }
}

/* The type of a C++ exception as people write it. */
static void fill_exception(struct symbolizer *symbolizer, json_t *exception)
{
    json_t *type = json_object_get(exception, "type");

    if (!type)
        return;
    json_t *request = json_pack("{s:O}", "type", type);
    json_t *answer = request ? ask(symbolizer, request) : NULL;
    json_t *plain = json_object_get(answer, "type");
    if (plain)
        json_object_set(exception, "type", plain);
    json_decref(request);
    json_decref(answer);
}

void symbols_fill(json_t *report, json_t *missing)
{
    struct symbolizer symbolizer = {
        .missing = missing,
        .frames_left = SYMBOLS_FRAMES_MAX,
    };
    json_t *fault = json_object_get(report, "heapFault");

    if (start(&symbolizer) < 0) {
        json_array_append_new(
            missing, json_string("inquest-symbolicate is missing: no names"));
    } else {
        fill_all(&symbolizer, json_object_get(report, "threads"));
        fill_exception(
            &symbolizer,
            json_object_get(json_object_get(report, "crash"), "exception"));
        fill_all(&symbolizer,
                 json_object_get(json_object_get(report, "heap"), "sites"));
        if (fault) {
            fill_frames(&symbolizer, json_object_get(fault, "allocation"));
            fill_frames(&symbolizer, json_object_get(fault, "free"));
        }
    }
    stop(&symbolizer);
}
