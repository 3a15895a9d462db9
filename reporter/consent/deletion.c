/* Deletion requests. Context: tool. */
#include "reporter/consent/deletion.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/keyfile.h"
#include "proto/state_dir.h"
#include "reporter/consent/audit.h"
#include "reporter/state_file.h"
#include "reporter/upload/upload_verdict.h"

#define PATH         "/v1/deletion-requests"
#define TEXT_BYTES   256
#define NAME_BYTES   48
#define DAY_MS       86400000
#define FORMAT_BYTES 160

int deletion_request(const struct home *home, const char *installation_id,
                     const char *mac_address)
{
    char text[TEXT_BYTES];
    char name[NAME_BYTES];
    OWNED_FD fd = -1;

    int r = state_file_dir(home->state_fd, DELETION_DIR, &fd);
    if (r < 0)
        return r;
    snprintf(name, sizeof name, "%lld-%d", (long long)clock_unix_ms(),
             (int)getpid());
    int size = snprintf(text, sizeof text,
                        "installationId = %.40s\nmacAddress = %.20s\n",
                        installation_id, mac_address);
    return state_file_write(fd, name,
                            (struct span){(const uint8_t *)text, (size_t)size});
}

/* readdir says NULL to the end and to a failure alike. */
static struct dirent *next(DIR *list, int *ret_error)
{
    errno = 0;
    struct dirent *entry = readdir(list);
    if (!entry)
        *ret_error = -errno;
    return entry;
}

/*
 * Calls visit for each request until it fails. Fails with that, or with what
 * the disk says; none at all is no failure.
 */
static int each(const struct home *home,
                int (*visit)(void *context, int dir_fd, const char *name),
                void *context)
{
    OWNED_FD dir_fd = openat(home->state_fd, DELETION_DIR,
                             O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct dirent *entry = NULL;
    unsigned count = 0;
    DIR *list;

    if (dir_fd < 0)
        return errno == ENOENT ? 0 : -errno;
    int r = state_file_list(dir_fd, &list);
    if (r < 0)
        return r;
    while (r == 0 && count < DELETIONS_MAX && (entry = next(list, &r))) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        r = visit(context, dir_fd, entry->d_name);
    }
    (void)closedir(list); /* read only */
    return r;
}

static int count_one(void *context, int dir_fd, const char *name)
{
    struct deletion_count *count = context;
    OWNED_KEYFILE file = {0};

    int r = keyfile_open(dir_fd, name, &file, NULL);
    if (r == 0 && keyfile_get(&file, "request")) {
        count->accepted++;
    } else if (r == 0 || (keyfile_unread(r) && r != -ENOENT)) {
        count->asked++; /* what is unread is not forgotten */
    }
    return 0;
}

struct deletion_count deletion_count(const struct home *home)
{
    struct deletion_count count = {0};

    (void)each(home, count_one, &count); /* as far as it can be read */
    return count;
}

struct round {
    const struct home *home;
    struct transport *transport;
    int unlogged; /* the first error */
};

static int exchange(struct round *round, struct transport_post *post,
                    struct transport_answer *answer)
{
    int r = transport_post(round->transport, post);
    if (r == 0)
        r = transport_wait(round->transport, -1, answer);
    if (r < 0)
        return r;
    return r == 0 ? -EAGAIN : 0;
}

/* The collector said so, whether or not the log can. */
static int done(struct round *round, int dir_fd, const char *name,
                const char *how)
{
    int r = state_file_erase(dir_fd, name);

    if (r == -ENOENT)
        return 0; /* another process was told the same */
    if (r < 0)
        return r;
    int noted = audit_append(round->home->state_fd, "deletion", how);
    if (round->unlogged == 0)
        round->unlogged = noted;
    return 0;
}

/* The collector's word: its number of the request, and whether it is done. */
static bool read_answer(const struct transport_answer *answer,
                        char id[DELETION_ID_BYTES])
{
    json_t *json = json_loads(answer->body, 0, NULL);
    const char *state = json_string_value(json_object_get(json, "state"));
    const char *number = json_string_value(json_object_get(json, "id"));
    bool completed = state && strcmp(state, "completed") == 0;

    id[0] = '\0';
    if (number && strlen(number) < DELETION_ID_BYTES &&
        strspn(number, "0123456789abcdefABCDEFghijklmnopqrstuvwxyz-_") ==
            strlen(number))
        memcpy(id, number, strlen(number) + 1);
    json_decref(json);
    return completed;
}

/* The identifiers go, overwritten: the number is all that is needed now. */
static int keep_number(struct round *round, int dir_fd, const char *name,
                       const char *id)
{
    char text[TEXT_BYTES];
    char next[NAME_BYTES + 8];

    int size = snprintf(text, sizeof text, "request = %s\nsince = %lld\n", id,
                        (long long)clock_unix_ms());
    snprintf(next, sizeof next, "%.40s.a", name);
    int r = state_file_write(
        dir_fd, next, (struct span){(const uint8_t *)text, (size_t)size});
    return r < 0 ? r : done(round, dir_fd, name, "accepted");
}

static int ask(struct round *round, int dir_fd, const char *name,
               const struct keyfile *file)
{
    const char *installation = keyfile_get(file, "installationId");
    const char *mac = keyfile_get(file, "macAddress");
    struct transport_answer answer = {0};
    char id[DELETION_ID_BYTES];
    char body[TEXT_BYTES];

    int size =
        snprintf(body, sizeof body, "{\"installationId\":\"%.40s\"%s%.20s%s}",
                 installation ? installation : "",
                 mac && *mac ? ",\"macAddress\":\"" : "", mac ? mac : "",
                 mac && *mac ? "\"" : "");
    struct transport_post post = {
        .path = PATH,
        .content_type = "application/json",
        .body = {(const uint8_t *)body, (size_t)size},
    };
    int r = exchange(round, &post, &answer);
    if (r < 0)
        return r;
    if (upload_verdict(answer.status) != UPLOAD_ACCEPTED)
        return -EAGAIN; /* asked again at the next upload */
    if (read_answer(&answer, id))
        return done(round, dir_fd, name, "completed");
    if (id[0] == '\0' || (installation && strstr(id, installation)))
        return done(round, dir_fd, name, "acknowledged");
    return keep_number(round, dir_fd, name, id);
}

static int ask_after(struct round *round, int dir_fd, const char *name,
                     const struct keyfile *file)
{
    const char *since = keyfile_get(file, "since");
    struct transport_answer answer = {0};
    char path[FORMAT_BYTES];
    char id[DELETION_ID_BYTES];

    snprintf(path, sizeof path, PATH "/%.*s", DELETION_ID_BYTES,
             keyfile_get(file, "request"));
    struct transport_post post = {.method = "GET", .path = path};
    int r = exchange(round, &post, &answer);
    if (r < 0)
        return r;
    if (answer.status == 200 && read_answer(&answer, id))
        return done(round, dir_fd, name, "completed");
    int64_t since_ms = since ? strtoll(since, NULL, 10) : 0;
    if (clock_unix_ms() - since_ms > (int64_t)DELETION_DAYS_MAX * DAY_MS)
        return done(round, dir_fd, name, "accepted, completion never told");
    return 0; /* asked after at the next upload */
}

static int send_one(void *context, int dir_fd, const char *name)
{
    struct round *round = context;
    OWNED_KEYFILE file = {0};

    int r = keyfile_open(dir_fd, name, &file, NULL);
    if (r < 0) /* not ours, or another process was told that it is done */
        return keyfile_unread(r) && r != -ENOENT ? r : 0;
    return keyfile_get(&file, "request") ? ask_after(round, dir_fd, name, &file)
                                         : ask(round, dir_fd, name, &file);
}

int deletion_send(const struct home *home, struct transport *transport,
                  struct deletion_count *ret_left)
{
    struct round round = {home, transport, 0};
    int r = home->do_not_track ? 0 : each(home, send_one, &round);

    *ret_left = deletion_count(home);
    ret_left->unlogged = round.unlogged;
    return r;
}
