/*
 * The commands, one file each (cmd_NAME.c). Each returns an exit status of
 * sysexits.h, run that of the program. Context: tool.
 */
#ifndef INQUEST_REPORTER_COMMANDS_H
#define INQUEST_REPORTER_COMMANDS_H

#include "proto/base/compiler.h"
#include "reporter/command/options.h"
#include "reporter/home.h"
#include "reporter/queue/reports.h"

int cmd_run(const struct invocation *invocation);
int cmd_list(const struct invocation *invocation);
int cmd_show(const struct invocation *invocation);
int cmd_symbolicate(const struct invocation *invocation);
int cmd_rm(const struct invocation *invocation);
int cmd_upload(const struct invocation *invocation);
int cmd_consent(const struct invocation *invocation);
int cmd_preview(const struct invocation *invocation);
int cmd_status(const struct invocation *invocation);
int cmd_recover(const struct invocation *invocation);
int cmd_privacy(const struct invocation *invocation);
int cmd_audit(const struct invocation *invocation);
int cmd_doctor(const struct invocation *invocation);
int cmd_export(const struct invocation *invocation);
int cmd_collector(const struct invocation *invocation);
int cmd_explain_group(const struct invocation *invocation);
int cmd_symbols(const struct invocation *invocation);
int cmd_memory(const struct invocation *invocation);
int cmd_snapshot(const struct invocation *invocation);
int cmd_feedback(const struct invocation *invocation);

/*
 * Opens home, says what is amiss, and makes reports of those who died without
 * a word since the last command, which are sealed where that is wished. 0, or
 * the exit status.
 */
MUST_CHECK int command_home(struct home *ret_home);
/* The same without those reports. */
MUST_CHECK int command_home_as_is(struct home *ret_home);
/* Seals what waits, and says when it cannot (seal_queue.h). */
void command_seal(struct home *home);

/*
 * The debuginfod servers that --debuginfod or the configuration allows, as
 * symbolizer_start takes them; NULL: none. config may be NULL.
 */
const char *command_debuginfod(const struct invocation *invocation,
                               const struct config *config);

/*
 * Finds the report that operand 0 names (none: the newest) and says so when
 * there is none. 0, or the exit status.
 */
MUST_CHECK int command_report(const struct home *home, const char *prefix,
                              struct stored_report *ret_report);

/* The sysexits.h status for a negative result. */
int exit_status(int r);

#endif
