/*
 * inquest show: one report for a person, or for a program. Context: tool.
 */
#include "reporter/command/commands.h"
#include "reporter/command/report_print.h"

int cmd_show(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    struct stored_report found;

    int status = command_home(&home);
    if (status == 0)
        status = command_report(&home, operand(invocation, 0), &found);
    return status != 0 ? status : report_print(&home, invocation, found.id);
}
