/* A child made by popen crashes; its parent goes on. Context: tool. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(int argc, char **argv)
{
    char command[4096];

    if (argc > 1)
        crash_outer();
    (void)snprintf(command, sizeof command, "exec '%s' child", argv[0]);
    FILE *child = popen(command, "r");
    if (!child)
        return 1;
    int status = pclose(child);
    printf("child died: %d\n", WIFSIGNALED(status));
    return 0;
}
