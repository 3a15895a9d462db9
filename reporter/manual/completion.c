/* Tables to shell functions. Context: tool. */
#include "reporter/manual/completion.h"

#include <stdbool.h>
#include <string.h>

#include "reporter/command/options.h"

/* Whether its operands are ids of reports. */
static bool takes_ids(const struct command *command)
{
    return strstr(command->operands, "ID") != NULL;
}

static void put_options(FILE *out, const struct command *command)
{
    const struct option_spec *spec;

    for (size_t i = 0; (spec = option_spec_at(command, i)) != NULL; i++) {
        fprintf(out, "%s--%s%s", i > 0 ? " " : "", spec->name,
                spec->argument == ARGUMENT_NONE ? "" : "=");
    }
}

void completion_bash(FILE *out)
{
    fputs("# bash completion of inquest, made of its table of options\n"
          "_inquest() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} options= ids=\n"
          "    COMPREPLY=()\n"
          "    if [[ $COMP_CWORD -eq 1 ]]; then\n"
          "        COMPREPLY=($(compgen -W \"help",
          out);
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, " %s", commands[i].name);
    fputs("\" -- \"$word\"))\n"
          "        return\n"
          "    fi\n"
          "    case ${COMP_WORDS[1]} in\n",
          out);
    for (size_t i = 0; i < command_count; i++) {
        fprintf(out, "    %s) options=\"", commands[i].name);
        put_options(out, &commands[i]);
        fprintf(out, "\"%s ;;\n", takes_ids(&commands[i]) ? " ids=1" : "");
    }
    fputs("    esac\n"
          "    if [[ $word == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
          "        [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace\n"
          "    elif [[ -n $ids ]]; then\n"
          "        COMPREPLY=($(compgen -W \"last $(inquest list --ids "
          "2>/dev/null)\" \\\n"
          "            -- \"$word\"))\n"
          "    elif [[ ${COMP_WORDS[1]} == run ]]; then\n"
          "        COMPREPLY=($(compgen -c -f -- \"$word\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
          "    fi\n"
          "}\n"
          "complete -F _inquest inquest\n",
          out);
}

/* Fit for zsh's 'name:text' and '--name[text]' in single quotes. */
static void put_zsh(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs("'\\''", out);
        } else {
            if (strchr(":[]\\", *text))
                fputc('\\', out);
            fputc(*text, out);
        }
    }
}

static void put_zsh_option(FILE *out, const struct option_spec *spec)
{
    fprintf(out, " \\\n            '--%s%s[", spec->name,
            spec->argument == ARGUMENT_NONE ? "" : "=");
    put_zsh(out, spec->help);
    fputc(']', out);
    if (spec->argument != ARGUMENT_NONE) {
        fputs(spec->argument == ARGUMENT_MAY ? "::" : ":", out);
        put_zsh(out, spec->value);
        fputs(strcmp(spec->value, "FILE") == 0 ? ":_files" : ":", out);
    }
    fputc('\'', out);
}

void completion_zsh(FILE *out)
{
    const struct option_spec *spec;

    fputs("#compdef inquest\n"
          "# zsh completion of inquest, made of its table of options\n"
          "_inquest() {\n"
          "    local -a commands ids\n"
          "    commands=(\n",
          out);
    for (size_t i = 0; i < command_count; i++) {
        fprintf(out, "        '%s:", commands[i].name);
        put_zsh(out, commands[i].summary);
        fputs("'\n", out);
    }
    fputs("    )\n"
          "    if ((CURRENT == 2)); then\n"
          "        _describe command commands\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n"
          "    ((CURRENT--))\n"
          "    case $command in\n",
          out);
    for (size_t i = 0; i < command_count; i++) {
        fprintf(out, "    %s)\n        _arguments", commands[i].name);
        for (size_t j = 0; (spec = option_spec_at(&commands[i], j)) != NULL;
             j++)
            put_zsh_option(out, spec);
        fputs(takes_ids(&commands[i])
                  ? " \\\n            '*:report:_inquest_ids'\n"
              : strcmp(commands[i].name, "run") == 0
                  ? " \\\n            '*::program:_normal'\n"
                  : " \\\n            '*:file:_files'\n",
              out);
        fputs("        ;;\n", out);
    }
    fputs("    esac\n"
          "}\n"
          "_inquest_ids() {\n"
          "    compadd last ${(f)\"$(inquest list --ids 2>/dev/null)\"}\n"
          "}\n"
          "_inquest \"$@\"\n",
          out);
}
