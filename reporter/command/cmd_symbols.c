/*
 * inquest symbols upload FILE…: debug files to the collector, by build-id, in
 * chunks; what is there already is not sent, what was cut off goes on from
 * there. Context: tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/symbol_client.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/upload/collector_call.h"

#define CHUNK_BYTES    (2u << 20)
#define READ_BYTES     65536
#define DIGEST_BYTES   32
#define BUILD_ID_BYTES 132
#define PATH_BYTES     320
#define ELF_WAIT_MS    60000
#define TRIES_MAX      5 /* without getting on */

struct sending {
    struct transport *transport;
    const char *name;
    int fd;
    uint64_t size_bytes;
    char build_id[BUILD_ID_BYTES];
    char digest[2 * DIGEST_BYTES + 1];
    bool tell; /* how far it is, on a terminal */
    char why[CALL_WHY_BYTES];
};

static int make_digest(struct sending *sending)
{
    unsigned char buffer[READ_BYTES];
    unsigned char hash[DIGEST_BYTES];
    crypto_generichash_state state;
    ssize_t size;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    while ((size = read(sending->fd, buffer, sizeof buffer)) > 0) {
        (void)crypto_generichash_update(&state, buffer, (size_t)size);
        sending->size_bytes += (uint64_t)size;
    }
    if (size < 0)
        return -errno;
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(sending->digest, sizeof sending->digest, hash,
                         sizeof hash);
    return 0;
}

/* Its build-id, as the child reads it: debug files are hostile input. */
static int find_build_id(struct sending *sending, struct symbol_client *client)
{
    json_t *request =
        json_pack("{s:s,s:s}", "module", sending->name, "address", "0x0");
    json_t *answer = symbol_client_ask(client, request, ELF_WAIT_MS);
    const json_t *debug = json_object_get(answer, "debug");
    const char *state = json_string_value(json_object_get(debug, "state"));
    const char *id = json_string_value(json_object_get(debug, "buildId"));
    int r = 0;

    if (!state || strcmp(state, "missing") == 0) {
        (void)snprintf(sending->why, sizeof sending->why,
                       "no ELF file with symbols");
        r = -ERR_FORMAT;
    } else if (!id || !*id) {
        (void)snprintf(sending->why, sizeof sending->why,
                       "no build-id: link it with -Wl,--build-id");
        r = -ERR_FORMAT;
    } else {
        (void)snprintf(sending->build_id, sizeof sending->build_id, "%s", id);
    }
    json_decref(request);
    json_decref(answer);
    return r;
}

static uint64_t offset_of(const json_t *answer)
{
    return (uint64_t)json_integer_value(json_object_get(answer, "offset"));
}

/* Where to begin; 1: it is there already. */
static int look(struct sending *sending, uint64_t *ret_offset)
{
    char path[PATH_BYTES];
    struct collector_call call = {.method = "GET", .path = path};
    json_t *answer = NULL;

    (void)snprintf(path, sizeof path, "/v1/symbols/%s?digest=%s",
                   sending->build_id, sending->digest);
    long status =
        collector_ask(sending->transport, &call, sending->why, &answer);
    const char *state = json_string_value(json_object_get(answer, "state"));
    int r = state && strcmp(state, "complete") == 0;
    *ret_offset = offset_of(answer);
    json_decref(answer);
    return status == 200 ? r : -EIO;
}

static void tell(const struct sending *sending, uint64_t offset)
{
    if (sending->tell) {
        fprintf(stderr, "\r%.40s %3u %%", sending->name,
                (unsigned)(100 * offset / sending->size_bytes));
    }
}

/* One chunk; the status, *io_offset where to go on. */
static long put(struct sending *sending, uint8_t *chunk, uint64_t *io_offset)
{
    char path[PATH_BYTES];
    json_t *answer = NULL;
    ssize_t size = pread(sending->fd, chunk, CHUNK_BYTES, (off_t)*io_offset);

    if (size < 0)
        return -errno;
    struct collector_call call = {
        .method = "PUT",
        .path = path,
        .body = {chunk, (size_t)size},
    };
    (void)snprintf(
        path, sizeof path,
        "/v1/symbols/%s?offset=%" PRIu64 "&size=%" PRIu64 "&digest=%s",
        sending->build_id, *io_offset, sending->size_bytes, sending->digest);
    long status =
        collector_ask(sending->transport, &call, sending->why, &answer);
    if (status == 202 || status == 409)
        *io_offset = offset_of(answer);
    json_decref(answer);
    return status;
}

/* Goes on where the collector says, until it has all. */
static int put_all(struct sending *sending, uint64_t offset)
{
    uint8_t *chunk = malloc(CHUNK_BYTES);
    int tries = 0;
    long status = chunk ? 0 : -ENOMEM;

    while (chunk && tries < TRIES_MAX) {
        uint64_t before = offset;
        tell(sending, offset);
        status = put(sending, chunk, &offset);
        if (status == 201 || (status >= 400 && status < 500 && status != 409))
            break;
        tries = offset > before ? 0 : tries + 1;
    }
    free(chunk);
    if (status == 201) {
        tell(sending, sending->size_bytes);
        return 0;
    }
    return status < 0 ? (int)status : -EIO;
}

static int send_file(struct sending *sending, struct symbol_client *client)
{
    struct stat file;
    uint64_t offset = 0;

    OWNED_FD fd = open(sending->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &file) < 0 || !S_ISREG(file.st_mode)) {
        (void)snprintf(sending->why, sizeof sending->why, "%s",
                       fd < 0 ? strerror(errno) : "not a file");
        return -ERR_FORMAT;
    }
    sending->fd = fd;
    int r = find_build_id(sending, client);
    if (r == 0)
        r = make_digest(sending);
    if (r == 0)
        r = look(sending, &offset);
    if (r == 0)
        r = put_all(sending, offset);
    return r;
}

static int send_named(struct transport *transport, const char *name,
                      struct symbol_client *client)
{
    struct sending sending = {
        .transport = transport,
        .name = name,
        .tell = isatty(STDERR_FILENO) != 0,
    };
    int r = send_file(&sending, client);

    if (sending.tell && sending.size_bytes > 0)
        putc('\n', stderr);
    if (r >= 0) {
        printf("%s  %s  %s\n", sending.build_id, r ? "was there" : "sent",
               name);
        return EX_OK;
    }
    log_error("%s: %s", name, sending.why[0] ? sending.why : err_text(r));
    return r == -ERR_FORMAT ? EX_DATAERR : EX_UNAVAILABLE;
}

static int send_all(const struct home *home,
                    const struct invocation *invocation)
{
    static const char *const arguments[] = {"--no-cache", NULL};
    char program[STATE_PATH_BYTES];
    char why[CALL_WHY_BYTES] = "";
    struct transport *transport = NULL;
    struct symbol_client *client = NULL;
    int status = EX_OK;

    if (collector_open(home, "token_file", why, &transport) < 0) {
        log_error("%s", why);
        return EX_CONFIG;
    }
    int r = home_program("inquest-symbolicate", program);
    if (r == 0)
        r = symbol_client_start(program, arguments, &client);
    if (r < 0) {
        log_error("inquest-symbolicate: %s", err_text(r));
        status = EX_UNAVAILABLE;
    }
    for (int i = 1; r == 0 && operand(invocation, i); i++) {
        int one = send_named(transport, operand(invocation, i), client);
        status = one != EX_OK ? one : status;
    }
    symbol_client_stop(&client);
    transport_close(&transport);
    return status;
}

int cmd_symbols(const struct invocation *invocation)
{
    const char *verb = operand(invocation, 0);
    OWNED_HOME home = HOME_CLOSED;

    if (!verb || strcmp(verb, "upload") != 0 || !operand(invocation, 1)) {
        log_error("usage: inquest symbols upload FILE…");
        return EX_USAGE;
    }
    int status = command_home_as_is(&home);
    return status != 0 ? status : send_all(&home, invocation);
}
