/* What a signal does, another thing each time. Context: tool. */
#ifndef INQUEST_TESTS_ZOO_CHANGE_ACTION_H
#define INQUEST_TESTS_ZOO_CHANGE_ACTION_H

#include <signal.h>
#include <stddef.h>

static void change(int number)
{
    static int turn;
    struct sigaction action = {.sa_handler = SIG_DFL};

    turn = !turn;
    action.sa_flags = turn ? SA_RESTART : 0;
    (void)sigaction(number, &action, NULL);
}

#endif
