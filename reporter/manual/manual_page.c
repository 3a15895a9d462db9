/* Tables to roff. Context: tool. */
#include "reporter/manual/manual_page.h"

#include <stdbool.h>
#include <string.h>

#include "reporter/config.h"
#include "reporter/manual/notes.h"

#define ELLIPSIS "…" /* three bytes; roff wants ASCII */

/* Text with what means something to roff(7) escaped. */
static void put(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strncmp(text, ELLIPSIS, strlen(ELLIPSIS)) == 0) {
            fputs("...", out);
            text += strlen(ELLIPSIS) - 1;
        } else if (*text == '-' || *text == '\\') {
            fputs(*text == '-' ? "\\-" : "\\e", out);
        } else {
            fputc(*text, out);
        }
    }
}

static void put_upper(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        bool lower = *text >= 'a' && *text <= 'z';
        fputc(lower ? *text - 'a' + 'A' : *text, out);
    }
}

static void put_title(FILE *out, const char *name, const char *command,
                      const char *section)
{
    fprintf(out, ".TH \"");
    put_upper(out, name);
    if (command) {
        fputc('-', out);
        put_upper(out, command);
    }
    fprintf(out, "\" \"%s\" \"\" \"inquest " INQUEST_VERSION "\" \"%s\"\n",
            section, section[0] == '1' ? "User Commands" : "File Formats");
}

/* A list entry: what is typed in bold, and what it means. */
static void put_entry(FILE *out, const char *bold, const char *text)
{
    fputs(".TP\n.B ", out);
    put(out, bold);
    fputs("\n", out);
    put(out, text);
    fputs("\n", out);
}

static void put_option(FILE *out, const struct option_spec *spec)
{
    fputs(".TP\n.BR \\-\\-", out);
    put(out, spec->name);
    if (spec->argument != ARGUMENT_NONE) {
        fputs(spec->argument == ARGUMENT_MAY ? " [=\\fI" : " =\\fI", out);
        put(out, spec->value);
        fputs(spec->argument == ARGUMENT_MAY ? "\\fR]" : "\\fR", out);
    }
    fputs("\n", out);
    put(out, spec->help);
    fputs("\n", out);
}

static void put_statuses(FILE *out)
{
    fputs(".SH EXIT STATUS\n", out);
    put_entry(out, "0", "it worked");
    put_entry(out, "1", "it ran, and the answer is no");
    put_entry(out, "64 to 78",
              "as sysexits.h has them: 64 wrong usage, 65 bad "
              "data, 66 no such report, 69 no answer, 75 try "
              "again later, 77 not allowed, 78 configuration");
}

static void put_environment(FILE *out)
{
    fputs(".SH ENVIRONMENT\n", out);
    put_entry(out, "INQUEST_STATE_DIR",
              "where all state is kept, an absolute path; instead of "
              "$XDG_STATE_HOME/inquest (root: /var/lib/inquest)");
    put_entry(out, "INQUEST_DISABLE", "1: nothing is watched");
    put_entry(out, "INQUEST_SAMPLER",
              "0: no memory samples, no thread of ours");
    put_entry(out, "DO_NOT_TRACK", "set and not 0: nothing is sent");
    put_entry(out, "NO_COLOR", "set and not empty: no colours");
    put_entry(out, "CREDENTIALS_DIRECTORY",
              "the file token in it is the bearer token, unless token_file "
              "names another");
    fputs(".PP\nEach key of\n.BR inquest.conf (5)\nhas a variable too.\n", out);
}

static void put_files(FILE *out)
{
    fputs(".SH FILES\n", out);
    put_entry(out, "/etc/inquest/*.conf", "configuration of the machine");
    put_entry(out, "/etc/inquest/policy.conf",
              "what the administrator allows to leave");
    put_entry(out, "~/.config/inquest/config", "configuration of the user");
    put_entry(out, "~/.local/state/inquest/",
              "queue, consent, audit log, installation id");
}

static void put_examples(FILE *out)
{
    fputs(".SH EXAMPLES\n.EX\n"
          "inquest run \\-\\- ./app\n"
          "inquest list\n"
          "inquest show last\n"
          "inquest preview last\n"
          "INQUEST_ENDPOINT=https://crashes.example.org inquest upload "
          "\\-\\-wait\n"
          ".EE\n",
          out);
}

void manual_page_main(FILE *out)
{
    put_title(out, "inquest", NULL, "1");
    fputs(".SH NAME\ninquest \\- crash and memory diagnostics\n"
          ".SH SYNOPSIS\n.B inquest\n.I COMMAND\n[\\fIOPTION\\fR]...\n"
          ".SH DESCRIPTION\n"
          "A small library is preloaded into a program. When the program "
          "crashes, is killed or vanishes, a report exists on this disk. It "
          "is filtered by what user and administrator allow, sent to a "
          "collector if one is configured, and readable at every step.\n"
          ".SH COMMANDS\n",
          out);
    for (size_t i = 0; i < command_count; i++) {
        fputs(".TP\n.BR inquest\\-", out);
        put(out, commands[i].name);
        fputs(" (1)\n", out);
        put(out, commands[i].summary);
        fputs("\n", out);
    }
    put_statuses(out);
    put_environment(out);
    put_files(out);
    put_examples(out);
    fputs(".SH SEE ALSO\n.BR inquest.conf (5),\n.BR sysexits (3)\n", out);
}

void manual_page_command(const struct command *command, FILE *out)
{
    const char *notes = manual_notes(command->name);
    const struct option_spec *spec;

    put_title(out, "inquest", command->name, "1");
    fputs(".SH NAME\ninquest\\-", out);
    put(out, command->name);
    fputs(" \\- ", out);
    put(out, command->summary);
    fputs("\n.SH SYNOPSIS\n.B inquest ", out);
    put(out, command->name);
    fputs("\n[\\fIOPTION\\fR]...\n", out);
    if (command->operands[0] != '\0') {
        put(out, command->operands);
        fputs("\n", out);
    }
    if (notes) {
        fputs(".SH DESCRIPTION\n", out);
        put(out, notes);
        fputs("\n", out);
    }
    fputs(".SH OPTIONS\n", out);
    for (size_t i = 0; (spec = option_spec_at(command, i)) != NULL; i++)
        put_option(out, spec);
    fputs(".SH SEE ALSO\n.BR inquest (1),\n.BR inquest.conf (5)\n", out);
}

static void put_key(FILE *out, const struct config_key *key)
{
    bool prefix = key->name[strlen(key->name) - 1] == '.';

    fputs(".TP\n.B ", out);
    put(out, key->name);
    fputs(prefix ? "\\fINAME\\fR\n" : "\n", out);
    put(out, key->help);
    if (key->variable) {
        fputs("\n(\\fB", out);
        put(out, key->variable);
        fputs("\\fR)", out);
    }
    fputs("\n", out);
}

void manual_page_config(FILE *out)
{
    put_title(out, "inquest.conf", NULL, "5");
    fputs(".SH NAME\ninquest.conf \\- configuration of inquest\n"
          ".SH SYNOPSIS\n.I /etc/inquest/*.conf\n.br\n"
          ".I ~/.config/inquest/config\n"
          ".SH DESCRIPTION\n"
          "Lines of\n.IR \"KEY\" \" = \" \"VALUE\" ;\n"
          "a line that starts with # is a comment. The files of /etc/inquest "
          "are read in the order of their names, then that of the user, then "
          "the environment; the later word wins. A file that others may write "
          "to is not trusted, and nothing is sent while there is one.\n"
          ".SH KEYS\n",
          out);
    for (size_t i = 0; i < config_key_count; i++)
        put_key(out, &config_keys[i]);
    fputs(".SH EXAMPLE\n.EX\nendpoint = https://crashes.example.org\n"
          "token_file = /etc/inquest/token\n.EE\n"
          ".SH SEE ALSO\n.BR inquest (1)\n",
          out);
}
