/*
 * inquest-dumper: turns a box, and the process if it still lives, into a
 * report in the queue. The modes are described in modes.h. Context: tool.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "handler/dumper/modes.h"
#include "handler/dumper/session.h"

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";

    session_limit();
    if (argc >= 2 && argc <= 3 && strcmp(mode, "crash") == 0)
        return mode_crash(argv[2]);
    if (strcmp(mode, "detection") == 0 || strcmp(mode, "feedback") == 0 ||
        strcmp(mode, "alarm") == 0)
        return mode_live(argc, argv);
    if (strcmp(mode, "recover") == 0)
        return mode_recover(argc, argv);
    if (strcmp(mode, "snapshot") == 0)
        return mode_snapshot(argc, argv);
    fputs("usage: inquest-dumper crash [PROCESSORS] | detection INDEX | "
          "feedback | "
          "alarm INDEX | recover --box FILE --state DIR … | "
          "snapshot --pid N --state DIR …\n",
          stderr);
    return EX_USAGE;
}
