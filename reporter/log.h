/*
 * What the command says on stderr: one line each, no secrets, no report
 * contents. Only main and cmd_* speak. Context: tool.
 */
#ifndef INQUEST_REPORTER_LOG_H
#define INQUEST_REPORTER_LOG_H

#include "proto/base/compiler.h"

enum log_level { LOG_QUIET, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* What is said from now on; LOG_INFO at the start. */
void log_set_level(enum log_level level);

void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
