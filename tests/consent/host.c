/*
 * A program that does what its standard input says, a line each, and answers
 * with what the call returned: it tells the reporter of things, keeps secrets
 * in its memory, and dies. Fields are parted by tabs. Context: tool.
 */
#include "handler/inquest.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIELDS_MAX  8
#define LINE_BYTES  1024
#define STACK_BYTES 256

static char *secrets[16]; /* on the heap, until the end */
static size_t secret_count;

static void *sleep_on(void *unused)
{
    (void)unused;
    for (;;)
        (void)pause();
    return NULL;
}

/* Named from here: the program may die before the thread itself could. */
static int start_thread(const char *name)
{
    pthread_t thread;

    int r = pthread_create(&thread, NULL, sleep_on, NULL);
    return r == 0 ? pthread_setname_np(thread, name) : r;
}

/* Dies with the secret on the stack and its address in a register. */
static __attribute__((noinline)) void die(const char *how, const char *secret)
{
    volatile char stack[STACK_BYTES];

    for (size_t i = 0; i < sizeof stack; i++)
        stack[i] = i < strlen(secret) ? secret[i] : '\0';
    if (strcmp(how, "assert") == 0)
        assert(stack[0] == '\n');
    if (strcmp(how, "kill") == 0)
        (void)kill(getpid(), 9);
    __builtin_trap();
}

static int keep(const char *secret)
{
    if (secret_count == sizeof secrets / sizeof *secrets)
        return -1;
    secrets[secret_count++] = strdup(secret);
    return 0;
}

static int tell(char *const *field)
{
    const char *pairs[] = {field[2], field[3]};
    const char *what = field[0];

    if (strcmp(what, "app") == 0)
        return inquest_app(field[1], field[2]);
    if (strcmp(what, "action") == 0)
        return inquest_action(field[1], pairs, field[2] ? 1 : 0);
    if (strcmp(what, "annotate") == 0)
        return inquest_annotate(field[1], field[2]);
    if (strcmp(what, "account") == 0)
        return inquest_account((enum inquest_account)atoi(field[1]), field[2]);
    if (strcmp(what, "feature") == 0)
        return inquest_feature(field[1], field[2]);
    if (strcmp(what, "detection") == 0)
        return inquest_detection(field[1], field[2]);
    if (strcmp(what, "feedback") == 0)
        return inquest_feedback((enum inquest_feedback_type)atoi(field[1]),
                                field[2], field[3]);
    return -100;
}

static int obey(char *const *field)
{
    if (strcmp(field[0], "thread") == 0)
        return start_thread(field[1]);
    if (strcmp(field[0], "keep") == 0)
        return keep(field[1]);
    if (strcmp(field[0], "die") == 0)
        die(field[1], field[2] ? field[2] : "");
    return tell(field);
}

int main(void)
{
    char line[LINE_BYTES];

    while (fgets(line, sizeof line, stdin)) {
        char *field[FIELDS_MAX] = {NULL};
        char *rest = line;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; rest && i < FIELDS_MAX - 1; i++)
            field[i] = strsep(&rest, "\t");
        printf("%d\n", obey(field));
        (void)fflush(stdout);
    }
    return 0;
}
