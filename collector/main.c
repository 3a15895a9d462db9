/*
 * inquest-collector: receives reports, groups them, shows them.
 *
 *     inquest-collector [--config FILE] [--listen ADDR:PORT] [--db FILE]
 *     inquest-collector [--config FILE] [--db FILE] --regroup
 *     inquest-collector --make-token | --hash-password | --make-seal-key FILE
 *
 * Says where it listens on its first line of output. SIGTERM and SIGINT end
 * it in order; it may as well be killed. Context: tool.
 */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "collector/commands.h"
#include "collector/config.h"
#include "collector/serve.h"

struct options {
    const char *listen, *db, *config, *seal_key;
    char action; /* 0: serve */
};

static const char usage[] =
    "usage: inquest-collector [OPTION…]\n"
    "Receives reports, groups them and shows them.\n\n"
    "  --config FILE       configuration, see below\n"
    "  --listen ADDR:PORT  port 0: the kernel chooses\n"
    "  --db FILE           the database\n"
    "  --regroup           group what is stored again, then end\n"
    "  --make-token        print a new token and the line that keeps it\n"
    "  --hash-password     print the line that keeps a password (from stdin)\n"
    "  --make-seal-key FILE   make a pair of keys: the secret one into FILE\n"
    "  --help, --version\n";

static void print_help(FILE *out)
{
    fputs(usage, out);
    fputs("\nKeys of the configuration, \"key = value\" lines:\n", out);
    for (size_t i = 0; i < config_key_count; i++)
        fprintf(out, "  %-32s  %s\n", config_keys[i].name, config_keys[i].help);
    fputs("A secrets file must be private (chmod 600), or a name in "
          "$CREDENTIALS_DIRECTORY.\n",
          out);
}

static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option table[] = {
        {"config", required_argument, NULL, 'c'},
        {"listen", required_argument, NULL, 'l'},
        {"db", required_argument, NULL, 'd'},
        {"regroup", no_argument, NULL, 'r'},
        {"make-token", no_argument, NULL, 't'},
        {"hash-password", no_argument, NULL, 'p'},
        {"make-seal-key", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {0},
    };

    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        switch (c) {
        case 'c':
            options->config = optarg;
            break;
        case 'l':
            options->listen = optarg;
            break;
        case 'd':
            options->db = optarg;
            break;
        case 's':
            options->seal_key = optarg;
            options->action = 's';
            break;
        case '?':
            return -1;
        default:
            options->action = (char)c;
        }
    }
    return optind == argc ? 0 : -1;
}

static int run(const struct options *options)
{
    OWNED_CONFIG config;
    char why[CONFIG_WHY_BYTES] = "";

    if (config_read(options->config, &config, why) < 0) {
        fprintf(stderr, "inquest-collector: %s: %s\n",
                options->config ? options->config : "configuration", why);
        return EX_CONFIG;
    }
    if (options->listen)
        config.listen = options->listen;
    if (options->db)
        config.db = options->db;
    return options->action == 'r' ? command_regroup(&config) : serve(&config);
}

/* For all threads to come: signals are waited for, memory is few arenas. */
static void prepare(void)
{
    sigset_t ends;

    (void)umask(077); /* the database is its owner's alone */
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)mallopt(M_ARENA_MAX, 2);
}

int main(int argc, char **argv)
{
    struct options options = {0};

    if (parse_options(argc, argv, &options) < 0) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    if (options.action == 'h') {
        print_help(stdout);
        return 0;
    }
    if (options.action == 'v') {
        puts("inquest-collector " INQUEST_VERSION);
        return 0;
    }
    prepare();
    if (sodium_init() < 0)
        return EX_OSERR;
    if (options.action == 't')
        return command_make_token();
    if (options.action == 'p')
        return command_hash_password();
    if (options.action == 's')
        return command_make_seal_key(options.seal_key);
    return run(&options);
}
