/*
 * inquest-collector: receives reports and shows them.
 *
 *     inquest-collector [--listen ADDR:PORT] [--db FILE]
 *
 * Says where it listens on its first line of output. SIGTERM and SIGINT end
 * it in order. Context: tool.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "collector/http.h"
#include "collector/store.h"
#include "proto/base/err.h"

#define ADDRESS_BYTES 64

struct options {
    const char *listen;
    const char *db;
};

static const char usage[] =
    "usage: inquest-collector [--listen ADDR:PORT] [--db FILE]\n"
    "Port 0: the kernel chooses one. Default 127.0.0.1:8470, inquest.db.\n";

static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option table[] = {
        {"listen", required_argument, NULL, 'l'},
        {"db", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {0},
    };

    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        if (c == 'l') {
            options->listen = optarg;
        } else if (c == 'd') {
            options->db = optarg;
        } else {
            return c == 'h' || c == 'v' ? c : -1;
        }
    }
    return optind == argc ? 0 : -1;
}

static bool parse_listen(const char *text, struct sockaddr_in *ret_address)
{
    char host[ADDRESS_BYTES];
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

static int serve(const struct sockaddr_in *address, struct store *store,
                 const sigset_t *ends)
{
    char host[ADDRESS_BYTES];
    struct http *http = NULL;
    int signal_number;

    int r = http_start(address, store, &http);
    if (r < 0) {
        fprintf(stderr, "inquest-collector: cannot listen: %s\n", err_text(r));
        return EX_UNAVAILABLE;
    }
    (void)inet_ntop(AF_INET, &address->sin_addr, host, sizeof host);
    printf("inquest-collector: listening on http://%s:%u\n", host,
           http_port(http));
    (void)fflush(stdout); /* the caller waits for this line */
    (void)sigwait(ends, &signal_number);
    http_stop(&http);
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {"127.0.0.1:8470", "inquest.db"};
    struct sockaddr_in address;
    struct store *store = NULL;
    sigset_t ends;

    int r = parse_options(argc, argv, &options);
    if (r > 0) {
        fputs(r == 'h' ? usage : "inquest-collector " INQUEST_VERSION "\n",
              stdout);
        return 0;
    }
    if (r < 0 || !parse_listen(options.listen, &address)) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    (void)umask(077); /* the database is its owner's alone */
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL); /* for all threads to come */
    (void)signal(SIGPIPE, SIG_IGN);
    if (store_open(options.db, &store) < 0) {
        fprintf(stderr, "inquest-collector: %s: not a usable database\n",
                options.db);
        return EX_CANTCREAT;
    }
    int status = serve(&address, store, &ends);
    store_close(&store);
    return status;
}
