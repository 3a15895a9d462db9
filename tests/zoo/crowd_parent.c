/*
 * Forks argv[1] children that crash, argv[2] at a time, then looks whether
 * anything of theirs is left in it: descriptors, mappings, children. Every
 * second child becomes the program argv[3] first. Ends with 0, or says what is
 * left. Context: tool.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

static int entries(const char *path)
{
    DIR *directory = opendir(path);
    int count = 0;

    while (directory && readdir(directory))
        count++;
    if (directory)
        (void)closedir(directory);
    return count;
}

static int lines(const char *path)
{
    FILE *file = fopen(path, "r");
    int count = 0;

    for (int c = file ? getc(file) : EOF; c != EOF; c = getc(file))
        count += c == '\n';
    if (file)
        (void)fclose(file);
    return count;
}

static void child(int number, char *program)
{
    char *const arguments[] = {program, NULL};

    if (number % 2)
        (void)execv(program, arguments);
    crash_outer();
}

/* Waits for one; whether it died by a signal. */
static int reap(void)
{
    int status = 0;

    return wait(&status) > 0 && WIFSIGNALED(status);
}

int main(int argc, char **argv)
{
    int count = argc > 3 ? (int)strtol(argv[1], NULL, 10) : 0;
    int together = argc > 3 ? (int)strtol(argv[2], NULL, 10) : 1;
    int running = 0;
    int died = 0;

    if (count < 1)
        return 64;
    int descriptors = entries("/proc/self/fd");
    int mappings = lines("/proc/self/maps");
    for (int i = 0; i < count; i++) {
        if (running == together) {
            died += reap();
            running--;
        }
        pid_t pid = fork();
        if (pid == 0)
            child(i, argv[3]);
        running += pid > 0;
    }
    for (; running > 0; running--)
        died += reap();
    if (died == count && entries("/proc/self/fd") == descriptors &&
        lines("/proc/self/maps") <= mappings && wait(NULL) < 0)
        return 0;
    printf("%d of %d died by a signal; descriptors %d, now %d; mappings %d, "
           "now %d\n",
           died, count, descriptors, entries("/proc/self/fd"), mappings,
           lines("/proc/self/maps"));
    return 1;
}
