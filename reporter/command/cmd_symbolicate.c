/*
 * inquest symbolicate: functions, files and lines for reports from anywhere: an
 * id of this machine, a file, a directory of files, or standard input; each as
 * a queue file, gzip or JSON. Every report is answered as it is read.
 * Context: tool.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/frame.h"
#include "proto/report_codec.h"
#include "proto/report_json.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/show/json_text.h"
#include "reporter/show/show_text.h"
#include "reporter/show/symbols.h"
#include "reporter/show/view.h"

#define OWNED_REPORT     CLEANUP(report_free) Inquest__V1__Report
#define BATCH_FILES_MAX  1000000
#define PROGRESS_COLUMNS 80
#define GZIP_MAGIC       "\x1f\x8b"

struct batch {
    bool json, source;
    struct symbols *symbols; /* one child for all */
    size_t done;
    int status;
};

/* Fills and prints one report; takes json. */
static void print(struct batch *batch, json_t *json)
{
    json_t *missing = json_array();
    struct show show = {
        .report = json,
        .missing = missing,
        .out = stdout,
        .source = batch->source,
        .width = PROGRESS_COLUMNS,
    };

    symbols_fill(batch->symbols, json, batch->json ? NULL : missing);
    if (batch->json) {
        json_text_print(json, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        if (batch->done > 0)
            fputs("\n---\n\n", stdout);
        show_text(&show);
    }
    if (fflush(stdout) != 0)
        batch->status = EX_IOERR;
    batch->done++;
    json_decref(json);
    json_decref(missing);
}

static void complain(struct batch *batch, const char *name, const char *why)
{
    log_error("%s: %s", name, why);
    batch->status = EX_DATAERR;
}

/* JSON documents, one behind the other, each as it comes. */
static void read_json(struct batch *batch, const char *name, FILE *file)
{
    json_error_t error;

    for (int c; (c = getc(file)) != EOF;) {
        if (strchr(" \t\r\n", c))
            continue;
        (void)ungetc(c, file);
        json_t *json = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);
        if (!json_is_object(json)) {
            json_decref(json);
            complain(batch, name, json ? "not a report" : error.text);
            return;
        }
        print(batch, json);
    }
}

/* A queue file, or the gzip of a packed report, as it is uploaded. */
static int open_binary(struct span file, Inquest__V1__Report **ret_report)
{
    uint8_t *packed = NULL;
    size_t size = 0;

    if (file.size_bytes < 2 || memcmp(file.data, GZIP_MAGIC, 2) != 0)
        return report_open(file, ret_report);
    int r = frame_gunzip(file, FRAME_REPORT_BYTES_MAX, &packed, &size);
    if (r == 0)
        r = report_unpack((struct span){packed, size}, ret_report);
    free(packed);
    return r;
}

static int read_binary(struct batch *batch, int fd)
{
    size_t capacity = FRAME_HEADER_BYTES + FRAME_PAYLOAD_BYTES_MAX + 1;
    uint8_t *bytes = malloc(capacity);
    OWNED_REPORT *report = NULL;
    size_t size = 0;

    if (!bytes)
        return -ENOMEM;
    int r = io_read_all(fd, bytes, capacity, &size);
    if (r == 0)
        r = open_binary((struct span){bytes, size}, &report);
    free(bytes);
    if (r == 0)
        r = report_expand_frames(report);
    json_t *json = r == 0 ? report_to_json(&report->base) : NULL;
    if (json)
        print(batch, json);
    return r;
}

/* By its first byte: JSON begins with a brace or a blank. */
static void read_file(struct batch *batch, int dir_fd, const char *name)
{
    struct stat status;
    char first = 0;

    OWNED_FD fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        complain(batch, name, fd < 0 ? strerror(errno) : "not a file");
        return;
    }
    if (pread(fd, &first, 1, 0) == 1 && strchr("{ \t\r\n", first)) {
        FILE *file = fdopen(fd_take(&fd), "r");
        if (file) {
            read_json(batch, name, file);
            fclose(file);
        }
        return;
    }
    int r = read_binary(batch, fd);
    if (r < 0)
        complain(batch, name, err_text(r));
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && entry->d_type != DT_DIR;
}

static void read_directory(struct batch *batch, const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_visible, alphasort);
    OWNED_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool tell = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);

    if (count < 0 || fd < 0) {
        complain(batch, path, strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        if (tell)
            fprintf(stderr, "\r%d of %d", i + 1, count);
        if (i < BATCH_FILES_MAX)
            read_file(batch, fd, entries[i]->d_name);
        free(entries[i]);
    }
    if (tell && count > 0)
        putc('\n', stderr);
    free(entries);
}

static void read_id(struct batch *batch, const struct home *home,
                    const char *id)
{
    struct stored_report found;
    json_t *report = NULL;

    batch->status = command_report(home, id, &found);
    if (batch->status != 0)
        return;
    int r = view_open(home, found.id, &report);
    if (r < 0) {
        complain(batch, found.id, err_text(r));
        return;
    }
    print(batch, report);
}

/* What is neither standard input nor a path is the id of a report here. */
static bool is_id(const char *what)
{
    return !what || (strcmp(what, "-") != 0 && access(what, F_OK) != 0);
}

static void read_all(struct batch *batch, const char *what)
{
    struct stat status;

    if (strcmp(what, "-") == 0) {
        read_json(batch, "standard input", stdin);
    } else if (stat(what, &status) == 0 && S_ISDIR(status.st_mode)) {
        read_directory(batch, what);
    } else {
        read_file(batch, AT_FDCWD, what);
    }
}

int cmd_symbolicate(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    const char *what = operand(invocation, 0);
    bool id = is_id(what);
    struct batch batch = {
        .json = option_given(invocation, "json"),
        .source = option_given(invocation, "source"),
    };

    if (id) {
        batch.status = command_home(&home);
        if (batch.status != 0)
            return batch.status;
    }
    batch.symbols =
        symbols_start(command_debuginfod(invocation, id ? &home.config : NULL));
    if (id) {
        read_id(&batch, &home, what);
    } else {
        read_all(&batch, what);
    }
    symbols_stop(&batch.symbols);
    return batch.status;
}
