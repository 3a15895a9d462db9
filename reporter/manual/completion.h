/* Completions of the table, for bash and zsh. Context: tool. */
#ifndef INQUEST_REPORTER_COMPLETION_H
#define INQUEST_REPORTER_COMPLETION_H

#include <stdio.h>

void completion_bash(FILE *out);
void completion_zsh(FILE *out);

#endif
