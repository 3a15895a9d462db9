/* inquest privacy: the notice and the data inventory. Context: tool. */
#include <jansson.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "reporter/command/commands.h"
#include "reporter/consent/notice.h"
#include "reporter/show/json_text.h"
#include "reporter/show/terminal.h"

int cmd_privacy(const struct invocation *invocation)
{
    if (option_given(invocation, "json")) {
        json_t *json = notice_json();
        json_text_print(json, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(json);
    } else if (option_given(invocation, "markdown")) {
        notice_markdown(stdout);
    } else {
        notice_text(stdout, terminal_width(STDOUT_FILENO));
    }
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
