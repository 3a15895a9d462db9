/* What inquest-collector does beside serving; all return an exit status.
 * Context: tool. */
#ifndef INQUEST_COLLECTOR_COMMANDS_H
#define INQUEST_COLLECTOR_COMMANDS_H

#include "collector/config.h"

int command_regroup(const struct config *config);
int command_make_token(void);
int command_hash_password(void);
int command_make_seal_key(const char *path);

#endif
