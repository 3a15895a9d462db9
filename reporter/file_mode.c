/* One umask a process. Context: tool. */
#include "reporter/file_mode.h"

#include <sys/stat.h>

#define OTHERS 077

static mode_t before;

void file_mode_keep_owner(void)
{
    before = umask(OTHERS);
    (void)umask(before & OTHERS); /* a file for a person stays as wished */
}

void file_mode_restore(void)
{
    (void)umask(before);
}
