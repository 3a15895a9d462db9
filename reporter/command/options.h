/*
 * The command line: one table of commands and their options, from which the
 * parser, --help and the man page are made. Context: tool.
 */
#ifndef INQUEST_REPORTER_OPTIONS_H
#define INQUEST_REPORTER_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "proto/base/compiler.h"

#define OPTIONS_MAX       12 /* of one command */
#define OPTIONS_GIVEN_MAX 32

enum option_argument { ARGUMENT_NONE, ARGUMENT_MUST, ARGUMENT_MAY };

struct option_spec {
    const char *name;
    enum option_argument argument;
    const char *value; /* how help calls it: "FILE" */
    const char *help;
};

struct invocation;

struct command {
    const char *name;
    const char *operands; /* how help calls them */
    const char *summary;
    int (*run)(const struct invocation *invocation); /* exit status */
    bool stops_at_operand; /* what follows belongs to another program */
    struct option_spec options[OPTIONS_MAX];
};

struct option_given {
    const char *name;
    const char *value; /* "" when there is none */
};

struct invocation {
    const struct command *command;
    struct option_given given[OPTIONS_GIVEN_MAX];
    size_t given_count;
    char **operands; /* ends with NULL */
    int operand_count;
};

extern const struct command commands[];
extern const size_t command_count;

const struct command *command_find(const char *name);

/* The command whose name is meant, for one that there is not; or NULL. */
const char *command_guess(const char *name);

/*
 * Parses argv behind the command's name. Fails with -EINVAL after saying on
 * stderr what was wrong.
 */
MUST_CHECK int options_parse(const struct command *command, int argc,
                             char **argv, struct invocation *ret_invocation);

/*
 * The option at index, first the command's own, then those of all commands;
 * NULL: no more.
 */
const struct option_spec *option_spec_at(const struct command *command,
                                         size_t index);

/* Whether all commands have it: quiet, verbose, help. */
bool option_is_common(const char *name);

/* The last value of an option, or NULL when it was not given. */
const char *option_value(const struct invocation *invocation, const char *name);
bool option_given(const struct invocation *invocation, const char *name);

/* The operand at index, or NULL. */
const char *operand(const struct invocation *invocation, int index);

void options_help_all(FILE *out);
void options_help(const struct command *command, FILE *out);

#endif
