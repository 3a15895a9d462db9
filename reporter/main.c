/* The inquest command: picks the command, hands over. Context: tool. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "reporter/command/commands.h"
#include "reporter/file_mode.h"
#include "reporter/log.h"

/* Our library has no business in our own tools and their children. */
static void drop_preload(void)
{
    const char *preload = getenv("LD_PRELOAD");
    char *kept = preload ? calloc(1, strlen(preload) + 1) : NULL;
    char *end = kept;

    if (!kept)
        return;
    for (const char *at = preload; *at != '\0';) {
        size_t size = strcspn(at, ": ");
        if (!memmem(at, size, "libinquest", strlen("libinquest"))) {
            if (end > kept)
                *end++ = ':';
            memcpy(end, at, size);
            end += size;
        }
        at += size;
        at += strspn(at, ": ");
    }
    if (kept[0] != '\0') {
        setenv("LD_PRELOAD", kept, 1);
    } else {
        unsetenv("LD_PRELOAD");
    }
    free(kept);
}

static int call(const struct command *command, int argc, char **argv)
{
    struct invocation invocation;

    if (options_parse(command, argc, argv, &invocation) < 0)
        return EX_USAGE;
    if (option_given(&invocation, "help")) {
        options_help(command, stdout);
        return EX_OK;
    }
    if (option_given(&invocation, "quiet")) {
        log_set_level(LOG_ERROR);
    } else if (option_given(&invocation, "verbose")) {
        log_set_level(LOG_DEBUG);
    }
    return command->run(&invocation);
}

/* NULL after saying that there is no such command. */
static const struct command *find(const char *name)
{
    const struct command *command = command_find(name);
    const char *guess = command ? NULL : command_guess(name);

    if (guess) {
        log_error("there is no command %s; did you mean %s?", name, guess);
    } else if (!command) {
        log_error("there is no command %s; inquest --help lists them", name);
    }
    return command;
}

static int help(int argc, char **argv)
{
    if (argc < 3) {
        options_help_all(argc > 1 ? stdout : stderr);
        return argc > 1 ? EX_OK : EX_USAGE;
    }
    const struct command *about = find(argv[2]);
    if (!about)
        return EX_USAGE;
    options_help(about, stdout);
    return EX_OK;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "--help";

    setlocale(LC_CTYPE, "");
    file_mode_keep_owner();
    drop_preload();
    if (strcmp(name, "--version") == 0) {
        puts("inquest " INQUEST_VERSION);
        return EX_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        return help(argc, argv);
    }
    const struct command *command = find(name);
    if (!command)
        return EX_USAGE;
    return call(command, argc - 1, argv + 1);
}
