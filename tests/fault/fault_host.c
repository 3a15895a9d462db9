/*
 * The program that is watched while something of ours fails. It says how many
 * descriptors it has, then ends: "exit" with 7, "crash" at address 0, "kill"
 * by SIGKILL. Without stdio, so that all its calls are ours or the loader's.
 * Context: host.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define FD_END 1024

static volatile int *nowhere;

static void say_descriptors(void)
{
    char text[] = "descriptors: 0000\n";
    int count = 0;

    for (int fd = 0; fd < FD_END; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    for (char *at = text + sizeof text - 3; count > 0; count /= 10)
        *at-- = (char)('0' + count % 10);
    (void)!write(STDOUT_FILENO, text, sizeof text - 1);
}

int main(int argc, char **argv)
{
    const char *end = argc > 1 ? argv[1] : "exit";

    say_descriptors();
    if (strcmp(end, "crash") == 0)
        *nowhere = 1;
    if (strcmp(end, "kill") == 0)
        (void)raise(SIGKILL);
    return 7;
}
