/*
 * Man pages (man(7)) of the tables: inquest(1), one inquest-COMMAND(1) each,
 * and inquest.conf(5). Without a date, so that a build can be repeated byte for
 * byte. Context: tool.
 */
#ifndef INQUEST_REPORTER_MANUAL_PAGE_H
#define INQUEST_REPORTER_MANUAL_PAGE_H

#include <stdio.h>

#include "reporter/command/options.h"

void manual_page_main(FILE *out);
void manual_page_command(const struct command *command, FILE *out);
void manual_page_config(FILE *out);

#endif
