/* Names out of free text. Context: tool. */
#include "reporter/consent/redact.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/class_filter.h"
#include "reporter/consent/known_text.h"

static void take_name(char *destination, const char *name)
{
    if (name && strlen(name) < REDACT_NAME_BYTES)
        memcpy(destination, name, strlen(name) + 1);
}

static void take_home(struct redact *redact, const char *home)
{
    if (!home || home[0] != '/' || home[1] == '\0')
        return;
    take_name(redact->home, home);
    size_t size = strlen(redact->home);
    while (size > 1 && redact->home[size - 1] == '/')
        redact->home[--size] = '\0';
}

/* Asked once: an upload of thousands of reports is one person's. */
static const struct redact *user_of(uid_t uid)
{
    static struct redact user;
    static uid_t known = (uid_t)-1; /* nobody's (setreuid(2)) */

    if (uid == known)
        return &user;
    const struct passwd *entry = getpwuid(uid);
    user = (struct redact){0};
    if (entry) {
        take_home(&user, entry->pw_dir);
        take_name(user.user, uid == 0 ? "" : entry->pw_name);
    }
    known = uid;
    return &user;
}

void redact_init(uid_t uid, struct redact *ret_redact)
{
    *ret_redact = *user_of(uid);
    if (uid == geteuid() && getenv("HOME"))
        take_home(ret_redact, getenv("HOME"));
    if (gethostname(ret_redact->full_host, REDACT_NAME_BYTES - 1) < 0)
        ret_redact->full_host[0] = '\0';
    if (strcasecmp(ret_redact->full_host, "localhost") == 0)
        ret_redact->full_host[0] = '\0';
    memcpy(ret_redact->host, ret_redact->full_host, REDACT_NAME_BYTES);
    ret_redact->host[strcspn(ret_redact->host, ".")] = '\0';
}

void redact_init_home(const struct home *home, struct redact *ret_redact)
{
    struct stat status;
    uid_t owner =
        fstat(home->state_fd, &status) == 0 ? status.st_uid : geteuid();

    redact_init(owner, ret_redact);
    ret_redact->known_words = config_get(&home->config, "known_words");
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* How long name is at text, as a word of its own; 0: it is not there. */
static size_t name_at(const char *begin, const char *text, const char *name)
{
    size_t size = strlen(name);

    if (size < REDACT_NAME_MIN || strncasecmp(text, name, size) != 0)
        return 0;
    if ((text > begin && is_word(text[-1])) || is_word(text[size]))
        return 0;
    return size;
}

static bool ends_component(char c)
{
    return c == '/' || !(is_word(c) || c == '-' || c == '.');
}

/* The home directory, or /home/NAME of anybody. */
static size_t home_at(const struct redact *redact, const char *text)
{
    static const char homes[] = "/home/";
    size_t size = strlen(redact->home);

    if (size > 0 && strncmp(text, redact->home, size) == 0 &&
        ends_component(text[size]))
        return size;
    if (strncmp(text, homes, sizeof homes - 1) != 0)
        return 0;
    size = sizeof homes - 1;
    while (!ends_component(text[size]))
        size++;
    return size > sizeof homes - 1 ? size : 0;
}

static bool is_address(char c)
{
    return is_word(c) || c == '.' || c == '-' || c == '+' || c == '%';
}

/* An e-mail address: local@domain.tld, seen from its first character. */
static size_t email_at(const char *begin, const char *text)
{
    size_t at = 0;

    if (!is_address(*text) || (text > begin && is_address(text[-1])))
        return 0;
    while (is_address(text[at]))
        at++;
    if (text[at] != '@')
        return 0;
    size_t end = at + 1;
    while (isalnum((unsigned char)text[end]) || text[end] == '-' ||
           (text[end] == '.' && isalnum((unsigned char)text[end + 1])))
        end++;
    return memchr(text + at, '.', end - at) ? end : 0;
}

/* What stands at text that must go, and what takes its place. */
static size_t find_at(const struct redact *redact, const char *begin,
                      const char *text, const char **ret_place)
{
    size_t size = home_at(redact, text);

    *ret_place = "~";
    if (size > 0)
        return size;
    *ret_place = "<email>";
    size = email_at(begin, text);
    if (size > 0)
        return size;
    *ret_place = "<host>";
    size = name_at(begin, text, redact->full_host);
    if (size == 0)
        size = name_at(begin, text, redact->host);
    if (size > 0)
        return size;
    *ret_place = "<user>";
    return name_at(begin, text, redact->user);
}

int redact_text(const struct redact *redact, const char *text, char **ret_text)
{
    /* Every place is at most 7 bytes for at least one. */
    size_t capacity = strlen(text) * 7 + 1;
    char *result = malloc(capacity);
    char *to = result;
    bool changed = false;

    if (!result)
        return -ENOMEM;
    for (const char *at = text; *at != '\0';) {
        const char *place;
        size_t size = find_at(redact, text, at, &place);
        if (size == 0) {
            *to++ = *at++;
            continue;
        }
        to = stpcpy(to, place);
        at += size;
        changed = true;
    }
    *to = '\0';
    if (changed) {
        *ret_text = result;
        return 1;
    }
    free(result);
    return 0;
}

/* What a rewriter needs of both. */
struct rewriting {
    const struct redact *redact;
    struct known_text known;
};

static int rewrite_known(const struct rewriting *with, const char *text,
                         char **ret_text)
{
    char *redacted = NULL;

    int changed = redact_text(with->redact, text, &redacted);
    if (changed < 0)
        return changed;
    const char *now = changed ? redacted : text;
    int filtered = known_text_of_libc(now)
                       ? 0
                       : known_text_filter(&with->known, now, ret_text);
    if (filtered != 0) {
        free(redacted);
        return filtered;
    }
    *ret_text = redacted;
    return changed;
}

static int rewrite(void *context, const struct data_field *field,
                   const char *text, char **ret_text)
{
    const struct rewriting *with = context;

    return field->known_text ? rewrite_known(with, text, ret_text)
                             : redact_text(with->redact, text, ret_text);
}

/*
 * The cause may hold the first line of what the program said last: what goes
 * there goes here. Without memory: the whole cause.
 */
static void follow_in_cause(const struct rewriting *with,
                            Inquest__V1__Crash *crash, const char *said)
{
    size_t size = strcspn(said, "\n");
    char *at = size > 0 ? memmem(crash->cause, strlen(crash->cause), said, size)
                        : NULL;
    char *filtered = NULL;
    char *cause = NULL;

    int r = at ? rewrite_known(with, said, &filtered) : 0;
    if (r == 0)
        return;
    if (r > 0 &&
        asprintf(&cause, "%.*s%.*s%s", (int)(at - crash->cause), crash->cause,
                 (int)strcspn(filtered, "\n"), filtered, at + size) < 0)
        cause = NULL;
    *crash->cause = '\0';
    DROP(report_set_string(&crash->cause, cause ? cause : ""));
    free(cause);
    free(filtered);
}

void redact_report(const struct redact *redact, Inquest__V1__Report *report)
{
    struct rewriting with = {redact, {report, redact->known_words}};
    struct text_rewriter rewriter = {rewrite, &with};

    if (report->crash) {
        const Inquest__V1__Exception *exception = report->crash->exception;
        follow_in_cause(&with, report->crash, report->crash->abort_message);
        if (exception)
            follow_in_cause(&with, report->crash, exception->message);
    }
    class_rewrite_text(&report->base, &rewriter);
}
