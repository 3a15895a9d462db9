/* Prose of the man pages. Context: tool. */
#include "reporter/manual/notes.h"

#include <stddef.h>
#include <string.h>

#include "proto/base/compiler.h"

static const struct {
    const char *command, *text;
} notes[] = {
    {"run",
     "The program ends as it would without inquest: with the same status, by "
     "the same signal. What it starts is watched, too, as long as it inherits "
     "LD_PRELOAD: sshd(8) for its sessions, sudo(8) and others clear the "
     "environment. Static programs, set-uid ones and those of another C "
     "library cannot be watched; of PROGRAM itself this is said, with the "
     "reason. The end of a daemon that goes to the background is reported by "
     "the next inquest command of the same user, or its timer, where the "
     "daemon could not do so itself."},
    {"memory",
     "Draws resident, anonymous and swapped memory against the limit of the "
     "memory cgroup, pressure, page faults, threads and descriptors, with "
     "alarms and death marked. With the number of a process that inquest "
     "watches, on a terminal, it is drawn anew each second until that process "
     "ends, or q or ^C is pressed; 1, 2 and 3 choose the last 10 minutes, the "
     "last 2 hours or all. Braille needs a UTF-8 locale; elsewhere letters "
     "are drawn."},
    {"snapshot",
     "Any process that the kernel lets you trace stands still for some "
     "milliseconds while its stacks are read; of one that inquest watches the "
     "report also has the memory history. It goes on unharmed: signals that "
     "arrive meanwhile are delivered, a stopped process stays stopped, and "
     "epoll_wait(2), sigtimedwait(2), recv(2) with a timeout and others that "
     "a stop would end with EINTR begin again, with their whole timeout. Only "
     "if inquest is killed in these milliseconds may such a call end with "
     "EINTR (see signal(7)). It ends with status 66 where there is no such "
     "process, 75 where a debugger or strace traces it already, 77 where it "
     "belongs to another user or ptrace is restricted."},
};

const char *manual_notes(const char *command)
{
    for (size_t i = 0; i < ARRAY_LENGTH(notes); i++) {
        if (strcmp(notes[i].command, command) == 0)
            return notes[i].text;
    }
    return NULL;
}
