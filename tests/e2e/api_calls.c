/*
 * A program that uses the C API without linking it: api_calls WHAT, one of
 * all (then crashes), detection, feedback, wait (for the end of its input).
 * Prints what each call answered.
 */
#include "handler/inquest.h"

#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>

static void everything(void)
{
    static const char *const pairs[] = {"format", "ods", "pages", "3"};

    printf("%d", inquest_app("ledger", "2.7"));
    printf(" %d", inquest_action("open-document", pairs, 2));
    printf(" %d", inquest_action("save", NULL, 0));
    printf(" %d", inquest_annotate("colour", "blue"));
    printf(" %d", inquest_annotate("colour", "green"));
    printf(" %d", inquest_annotate("gone", "soon"));
    printf(" %d", inquest_annotate("gone", NULL));
    printf(" %d", inquest_account(INQUEST_TENANT_ID, "tenant-7"));
    printf(" %d\n", inquest_feature("spellcheck", "on"));
    (void)fflush(stdout);
    __builtin_trap();
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "all") == 0)
        everything();
    if (strcmp(what, "detection") == 0)
        printf("%d", inquest_detection("malware.example", "192.0.2.66"));
    if (strcmp(what, "feedback") == 0)
        printf("%d",
               inquest_feedback(INQUEST_FROWN, "It froze.", "ann@example.org"));
    if (strcmp(what, "wait") == 0) {
        puts("ready");
        (void)fflush(stdout);
        (void)getchar();
    }
    /* No child of the library's may be left for the program to find. */
    printf(" %d\n", (int)waitpid(-1, NULL, __WALL | WNOHANG));
    return 0;
}
