/* Regrouping and secrets, from the command line. Context: tool. */
#include "collector/commands.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "collector/access/seal_keys.h"
#include "collector/access/secret.h"
#include "collector/intake/regroup.h"
#include "collector/serve.h"
#include "collector/store.h"
#include "proto/base/err.h"

int command_regroup(const struct config *config)
{
    struct store *store = NULL;
    struct regrouped counts = {0};

    int status = serve_open_store(config, &store);
    if (status != 0)
        return status;
    int r = regroup_all(store, &counts);
    store_close(&store);
    if (r < 0) {
        fprintf(stderr, "inquest-collector: %s: regrouping stopped: %s\n",
                config->db, err_text(r));
        return EX_IOERR;
    }
    printf("regrouped %zu stacks, %zu changed their group\n", counts.stacks,
           counts.moved);
    return 0;
}

int command_make_token(void)
{
    char token[SECRET_TOKEN_BYTES];
    char line[SECRET_LINE_BYTES];

    secret_make_token(token, line);
    printf("token, for those who send or ask:\n%s\n"
           "line for the collector's file:\n%s\n",
           token, line);
    return fflush(stdout) == 0 ? 0 : EX_IOERR;
}

int command_hash_password(void)
{
    char password[SECRET_BYTES_MAX + 1];
    char line[SECRET_LINE_BYTES];

    if (!fgets(password, sizeof password, stdin))
        password[0] = '\0';
    password[strcspn(password, "\r\n")] = '\0';
    if (!*password || strlen(password) >= SECRET_BYTES_MAX - 1) {
        fputs("inquest-collector: a password on standard input is wanted, one "
              "line below 255 bytes\n",
              stderr);
        return EX_DATAERR;
    }
    if (secret_hash_password(password, line) < 0) {
        fputs("inquest-collector: no memory to hash with\n", stderr);
        return EX_OSERR;
    }
    sodium_memzero(password, sizeof password);
    puts(line);
    return fflush(stdout) == 0 ? 0 : EX_IOERR;
}

int command_make_seal_key(const char *path)
{
    char public_key[SEAL_TEXT_BYTES];
    int r = seal_keys_make(path, public_key);

    if (r < 0) {
        fprintf(stderr, "inquest-collector: %s: %s\n", path, err_text(r));
        return EX_CANTCREAT;
    }
    printf("line for the reporters' configuration:\nseal_key = %s\n"
           "line for the collector's:\nseal_key_file = %s\n",
           public_key, path);
    return fflush(stdout) == 0 ? 0 : EX_IOERR;
}
