/* Parsing by the table, and its help. Context: tool. */
#include "reporter/command/options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "reporter/log.h"

#define HELP_COLUMN        26
#define GUESS_BYTES_MAX    32
#define GUESS_DISTANCE_MAX 2

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

/* Letters to change, add or leave out (Levenshtein 1966), for short words. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[GUESS_BYTES_MAX + 1];
    size_t size = strlen(b);

    if (strlen(a) > GUESS_BYTES_MAX || size > GUESS_BYTES_MAX)
        return GUESS_BYTES_MAX;
    for (size_t i = 0; i <= size; i++)
        row[i] = (unsigned)i;
    for (; *a != '\0'; a++) {
        unsigned corner = row[0]++;
        for (size_t i = 1; i <= size; i++) {
            unsigned change = corner + (*a != b[i - 1]);
            unsigned step = (row[i] < row[i - 1] ? row[i] : row[i - 1]) + 1;
            corner = row[i];
            row[i] = change < step ? change : step;
        }
    }
    return row[size];
}

const char *command_guess(const char *name)
{
    const char *best = NULL;
    unsigned best_distance = GUESS_DISTANCE_MAX + 1;

    for (size_t i = 0; i < command_count; i++) {
        unsigned far = distance(name, commands[i].name);
        if (far < best_distance) {
            best = commands[i].name;
            best_distance = far;
        }
    }
    return best;
}

static const struct option_spec common_options[] = {
    {"quiet", ARGUMENT_NONE, NULL, "say nothing but errors"},
    {"verbose", ARGUMENT_NONE, NULL, "say more"},
    {"help", ARGUMENT_NONE, NULL, "this text"},
};

const struct option_spec *option_spec_at(const struct command *command,
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

bool option_is_common(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(common_options); i++) {
        if (strcmp(common_options[i].name, name) == 0)
            return true;
    }
    return false;
}

static void fill_long_options(const struct command *command,
                              struct option *options)
{
    const struct option_spec *spec;

    for (size_t i = 0; (spec = option_spec_at(command, i)) != NULL; i++) {
        options[i] =
            (struct option){.name = spec->name, .has_arg = (int)spec->argument};
    }
}

/* As many operands as the help text names; -1: any number. */
static int operands_max(const struct command *command)
{
    const char *text = command->operands;
    int count = *text != '\0';

    if (strstr(text, "…"))
        return -1;
    for (; *text != '\0'; text++)
        count += *text == ' ';
    return count;
}

static int check_operands(const struct invocation *invocation)
{
    const struct command *command = invocation->command;
    int max = operands_max(command);

    if (max < 0 || invocation->operand_count <= max)
        return 0;
    log_error("%s does not know what to do with %s: see inquest %s --help",
              command->name, invocation->operands[max], command->name);
    return -EINVAL;
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
    int r = check_operands(&invocation);
    if (r == 0)
        *ret_invocation = invocation;
    return r;
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
    fprintf(out, "\nTo begin:\n"
                 "  inquest run -- ./app   run a program and watch it\n"
                 "  inquest show last      read what happened\n"
                 "\ninquest COMMAND --help says more; inquest --version.\n");
}

void options_help(const struct command *command, FILE *out)
{
    const struct option_spec *spec;
    char left[64];

    fprintf(out, "Usage: inquest %s [OPTION…]%s%s\n\n%s\n\n", command->name,
            command->operands[0] ? " " : "", command->operands,
            command->summary);
    for (size_t i = 0; (spec = option_spec_at(command, i)) != NULL; i++) {
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
