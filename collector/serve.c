/* The life of a collector. Context: tool. */
#include "collector/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "collector/access/access.h"
#include "collector/http/http.h"
#include "collector/intake/ingest.h"
#include "collector/intake/janitor.h"
#include "collector/intake/regroup.h"
#include "collector/signature/siglist.h"
#include "collector/symbols/symbols.h"
#include "collector/webhook.h"
#include "proto/base/err.h"
#include "proto/base/io.h"

#define HOST_BYTES    64
#define PEM_BYTES_MAX (256u << 10)

static int complain(const char *what, const char *why, int status)
{
    fprintf(stderr, "inquest-collector: %s: %s\n", what, why);
    return status;
}

static bool parse_listen(const char *text, struct sockaddr_in *ret_address)
{
    char host[HOST_BYTES];
    const char *colon = strrchr(text, ':');
    char *end = NULL;

    if (!colon || (size_t)(colon - text) >= sizeof host)
        return false;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || *end || port > 65535)
        return false;
    *ret_address = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
    };
    return inet_pton(AF_INET, host, &ret_address->sin_addr) == 1;
}

static bool is_loopback(const struct sockaddr_in *address)
{
    return ntohl(address->sin_addr.s_addr) >> 24 == 127;
}

/* What others can reach must know who they are. */
static int check_listen(struct config *config, struct sockaddr_in *ret_address)
{
    char why[256];

    if (!parse_listen(config->listen, ret_address)) {
        return complain(config->listen, "not ADDR:PORT, as 127.0.0.1:8470",
                        EX_USAGE);
    }
    bool loopback = is_loopback(ret_address);
    if (config->local_modules < 0)
        config->local_modules = loopback;
    const char *lacks = access_lacks(config);
    if (loopback || !lacks)
        return 0;
    (void)snprintf(why, sizeof why,
                   "others can reach this address, so the configuration must "
                   "set %s; or listen on 127.0.0.1",
                   lacks);
    return complain(config->listen, why, EX_CONFIG);
}

int serve_open_store(const struct config *config, struct store **ret_store)
{
    int r = config->siglists_dir ? siglist_load(config->siglists_dir) : 0;

    if (r < 0)
        return complain(config->siglists_dir, err_text(r), EX_NOINPUT);
    r = store_open(config->db, ret_store);
    if (r == -ERR_VERSION) {
        return complain(config->db, "made by a newer inquest-collector",
                        EX_CONFIG);
    }
    if (r < 0)
        return complain(config->db, "not a usable database", EX_CANTCREAT);
    return 0;
}

static char *read_pem(const char *path)
{
    char *text = malloc(PEM_BYTES_MAX);
    size_t size = 0;

    if (text && io_read_text(AT_FDCWD, path, text, PEM_BYTES_MAX, &size) == 0)
        return text;
    free(text);
    return NULL;
}

static int read_tls(const struct config *config, struct http_options *options)
{
    if (!config->certificate_file)
        return 0;
    options->certificate = read_pem(config->certificate_file);
    if (!options->certificate)
        return complain(config->certificate_file, "not readable", EX_NOINPUT);
    options->key = read_pem(config->key_file);
    return options->key
               ? 0
               : complain(config->key_file, "not readable", EX_NOINPUT);
}

/* What an older version left, in the form of today. */
static int bring_up_to_date(struct collector *collector)
{
    struct regrouped regrouped = {0};
    size_t count = 0;
    size_t unreadable = 0;

    int r = ingest_old(collector, &count, &unreadable);
    if (r == 0)
        r = regroup_old(collector->store, &regrouped);
    if (r < 0)
        return complain(collector->config->db, err_text(r), EX_IOERR);
    if (count > 0) {
        fprintf(stderr,
                "inquest-collector: took over %zu reports of an older "
                "database, %zu of them not readable\n",
                count, unreadable);
    }
    return 0;
}

static void wait_for_end(const struct http_options *options, struct http *http)
{
    char host[HOST_BYTES];
    sigset_t ends;
    int signal_number;

    (void)inet_ntop(AF_INET, &options->address.sin_addr, host, sizeof host);
    printf("inquest-collector: listening on %s://%s:%u\n",
           options->certificate ? "https" : "http", host, http_port(http));
    (void)fflush(stdout); /* the caller waits for this line */
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigwait(&ends, &signal_number);
}

static void give_up(int signal_number)
{
    static const char why[] = "inquest-collector: did not end in time, as on "
                              "a disk that stands still; what was not answered "
                              "will be sent again\n";

    (void)signal_number;
    DROP(write(STDERR_FILENO, why, sizeof why - 1)); /* nobody else to tell */
    _exit(EX_IOERR);
}

/* It may be killed at any moment, so by itself too. */
static void end_within(unsigned seconds)
{
    const struct sigaction action = {.sa_handler = give_up};

    (void)sigaction(SIGALRM, &action, NULL); /* fails on wrong numbers alone */
    (void)alarm(seconds);
}

/* Without the program that knows names it goes on without names. */
static int start_symbols(struct collector *collector)
{
    if (!collector->config->symbols)
        return 0;
    int r = symbols_start(collector, &collector->symbols);
    if (r != -ENOENT)
        return r;
    fputs("inquest-collector: inquest-symbolicate is not beside it: no names "
          "are looked up\n",
          stderr);
    return 0;
}

static int run(struct collector *collector, const struct http_options *options)
{
    struct http *http = NULL;
    struct webhook *webhook = NULL;

    int r = janitor_start(collector, &collector->janitor);
    if (r == 0)
        r = start_symbols(collector);
    if (r == 0)
        r = webhook_start(collector, &webhook);
    if (r == 0)
        r = http_start(options, collector, &http);
    if (r == 0)
        wait_for_end(options, http);
    end_within(SERVE_END_S);
    http_stop(&http);
    webhook_stop(&webhook);
    symbols_stop(&collector->symbols);
    janitor_stop(&collector->janitor);
    if (r == 0)
        return 0;
    return complain(collector->config->listen,
                    r == -ERR_FORMAT ? "certificate and key are not usable"
                                     : err_text(r),
                    r == -ERR_FORMAT ? EX_CONFIG : EX_UNAVAILABLE);
}

int serve(struct config *config)
{
    struct collector collector = {.config = config};
    struct http_options options = {.request_s = config->request_s};

    int status = check_listen(config, &options.address);
    if (status == 0)
        status = read_tls(config, &options);
    if (status == 0)
        status = serve_open_store(config, &collector.store);
    if (status == 0 &&
        access_open(config, collector.store, &collector.access) < 0)
        status = complain(config->db, "cannot be written", EX_IOERR);
    if (status == 0)
        status = bring_up_to_date(&collector);
    if (status == 0)
        status = run(&collector, &options);
    access_close(&collector.access);
    store_close(&collector.store);
    free((char *)(uintptr_t)options.certificate);
    free((char *)(uintptr_t)options.key);
    return status;
}
