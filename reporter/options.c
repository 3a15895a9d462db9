/* Parsing by the table, and its help. Context: tool. */
#include "reporter/options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "reporter/log.h"

#define HELP_COLUMN 26

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static const struct option_spec common_options[] = {
    {"quiet", ARGUMENT_NONE, NULL, "say nothing but errors"},
    {"verbose", ARGUMENT_NONE, NULL, "say more"},
    {"help", ARGUMENT_NONE, NULL, "this text"},
};

static const struct option_spec *spec_at(const struct command *command,
                                         size_t index)
{
    size_t own = 0;

    while (own < OPTIONS_MAX && command->options[own].name)
        own++;
    if (index < own)
        return &command->options[index];
    index -= own;
    return index < ARRAY_LENGTH(common_options) ? &common_options[index] : NULL;
}

static void fill_long_options(const struct command *command,
                              struct option *options)
{
    const struct option_spec *spec;

    for (size_t i = 0; (spec = spec_at(command, i)) != NULL; i++) {
        options[i] =
            (struct option){.name = spec->name, .has_arg = (int)spec->argument};
    }
}

int options_parse(const struct command *command, int argc, char **argv,
                  struct invocation *ret_invocation)
{
    struct option options[OPTIONS_MAX + ARRAY_LENGTH(common_options) + 1] = {0};
    struct invocation invocation = {.command = command};
    int index = 0;

    fill_long_options(command, options);
    optind = 0;
    opterr = 0;
    for (;;) {
        int c = getopt_long(argc, argv, command->stops_at_operand ? "+:" : ":",
                            options, &index);
        if (c == -1)
            break;
        if (c != 0 || invocation.given_count == OPTIONS_GIVEN_MAX) {
            log_error("%s %s: see inquest %s --help",
                      c == ':' ? "a value is missing for" : "unknown option",
                      argv[optind - 1], command->name);
            return -EINVAL;
        }
        invocation.given[invocation.given_count++] =
            (struct option_given){options[index].name, optarg ? optarg : ""};
    }
    invocation.operands = argv + optind;
    invocation.operand_count = argc - optind;
    *ret_invocation = invocation;
    return 0;
}

const char *option_value(const struct invocation *invocation, const char *name)
{
    for (size_t i = invocation->given_count; i > 0; i--) {
        if (strcmp(invocation->given[i - 1].name, name) == 0)
            return invocation->given[i - 1].value;
    }
    return NULL;
}

bool option_given(const struct invocation *invocation, const char *name)
{
    return option_value(invocation, name) != NULL;
}

const char *operand(const struct invocation *invocation, int index)
{
    return index < invocation->operand_count ? invocation->operands[index]
                                             : NULL;
}

void options_help_all(FILE *out)
{
    fprintf(out, "Usage: inquest COMMAND [OPTION…]\n\n"
                 "Crash and memory diagnostics: nothing is sent that was not "
                 "consented to.\n\n");
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\ninquest COMMAND --help says more; inquest --version.\n");
}

void options_help(const struct command *command, FILE *out)
{
    const struct option_spec *spec;
    char left[64];

    fprintf(out, "Usage: inquest %s [OPTION…]%s%s\n\n%s\n\n", command->name,
            command->operands[0] ? " " : "", command->operands,
            command->summary);
    for (size_t i = 0; (spec = spec_at(command, i)) != NULL; i++) {
        if (spec->argument == ARGUMENT_NONE) {
            snprintf(left, sizeof left, "--%s", spec->name);
        } else if (spec->argument == ARGUMENT_MUST) {
            snprintf(left, sizeof left, "--%s %s", spec->name, spec->value);
        } else {
            snprintf(left, sizeof left, "--%s[=%s]", spec->name, spec->value);
        }
        fprintf(out, "  %-*s %s\n", HELP_COLUMN, left, spec->help);
    }
}
