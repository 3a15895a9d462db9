/* The queue goes while the program runs. Context: tool. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    static const char *const names[] = {"tmp",  "new", "busy",
                                        "sent", "bad", ""};
    const char *state = getenv("INQUEST_STATE_DIR");
    char path[4096];

    for (size_t i = 0; state && i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/queue/%s", state, names[i]);
        (void)rmdir(path); /* what was never made is gone already */
    }
    crash_outer();
    return 0;
}
