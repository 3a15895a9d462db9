/*
 * inquest-manual DIRECTORY: writes man pages and completions there, from the
 * tables of commands and configuration keys. Runs at build time alone.
 * Context: tool.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "reporter/manual/completion.h"
#include "reporter/manual/manual_page.h"

#define PATH_BYTES 4096

static FILE *create(const char *directory, const char *name)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    if (!file)
        fprintf(stderr, "inquest-manual: %s: %s\n", path, strerror(errno));
    return file;
}

static int write_one(const char *directory, const char *name,
                     void (*write)(FILE *out))
{
    FILE *file = create(directory, name);

    if (!file)
        return EX_CANTCREAT;
    write(file);
    return ferror(file) | fclose(file) ? EX_IOERR : EX_OK;
}

static int write_command(const char *directory, const struct command *command)
{
    char name[64];

    snprintf(name, sizeof name, "inquest-%s.1", command->name);
    FILE *file = create(directory, name);
    if (!file)
        return EX_CANTCREAT;
    manual_page_command(command, file);
    return ferror(file) | fclose(file) ? EX_IOERR : EX_OK;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(FILE *out);
    } files[] = {{"inquest.1", manual_page_main},
                 {"inquest.conf.5", manual_page_config},
                 {"inquest.bash", completion_bash},
                 {"_inquest", completion_zsh}};
    int status = EX_OK;

    if (argc != 2) {
        fputs("usage: inquest-manual DIRECTORY\n", stderr);
        return EX_USAGE;
    }
    for (size_t i = 0; status == EX_OK && i < sizeof files / sizeof *files; i++)
        status = write_one(argv[1], files[i].name, files[i].write);
    for (size_t i = 0; status == EX_OK && i < command_count; i++)
        status = write_command(argv[1], &commands[i]);
    return status;
}
