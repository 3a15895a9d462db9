/* inquest explain-group: why a report is in its group. Context: tool. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/show/json_text.h"
#include "reporter/show/view.h"
#include "reporter/upload/collector_call.h"

#define GROUP_DIGITS 16
#define PATH_BYTES   128

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* What a rule did, as a person says it. */
static const char *verdict(const char *rule)
{
    static const char *const words[][2] = {
        {"sentinel", "starts the signature"},
        {"irrelevant", "skipped"},
        {"prefix", "kept, walked past"},
        {"taken", "kept, ends the signature"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (strcmp(rule, words[i][0]) == 0)
            return words[i][1];
    }
    return "not looked at";
}

static void print_step(const json_t *step)
{
    const char *list = string_of(step, "list");
    json_int_t line = json_integer_value(json_object_get(step, "line"));

    printf("  %-24s  ", verdict(string_of(step, "rule")));
    view_print(stdout, string_of(step, "function"));
    if (*list) {
        fputs("  (", stdout);
        view_print(stdout, list);
        if (line > 0)
            printf(":%lld", (long long)line);
        putchar(')');
    }
    putchar('\n');
}

/* A line of the collector's words, which give no orders to a terminal. */
static void print_part(const char *label, const char *text)
{
    printf("%-10s ", label);
    view_print(stdout, text);
    putchar('\n');
}

static void print(const json_t *answer)
{
    static const char *const parts[] = {"signal", "code", "abortMessage",
                                        "exception"};
    const json_t *told = json_object_get(answer, "parts");
    size_t index;
    const json_t *step;

    print_part("Group", string_of(answer, "group"));
    print_part("Signature", string_of(answer, "signature"));
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (*string_of(told, parts[i]))
            print_part(parts[i], string_of(told, parts[i]));
    }
    printf("Algorithm  version %lld\n\nFrames, innermost first:\n",
           (long long)json_integer_value(
               json_object_get(answer, "algorithmVersion")));
    json_array_foreach(json_object_get(answer, "steps"), index, step)
    {
        print_step(step);
    }
}

/* A group of the collector has 16 digits; all else is a report of here. */
static int make_path(const struct home *home, const char *id,
                     char path[PATH_BYTES])
{
    struct stored_report found;

    if (id && strlen(id) == GROUP_DIGITS &&
        strspn(id, "0123456789abcdef") == GROUP_DIGITS) {
        (void)snprintf(path, PATH_BYTES, "/v1/groups/%s/explain", id);
        return 0;
    }
    if (id && strlen(id) == REPORT_ID_BYTES - 1 && id[8] == '-' &&
        strspn(id, "0123456789abcdef-") == REPORT_ID_BYTES - 1) {
        (void)snprintf(path, PATH_BYTES, "/v1/reports/%s/explain", id);
        return 0;
    }
    int status = command_report(home, id, &found);
    if (status == 0)
        (void)snprintf(path, PATH_BYTES, "/v1/reports/%s/explain", found.id);
    return status;
}

static int ask(struct transport *transport, const char *path, bool as_json)
{
    struct collector_call call = {.method = "GET", .path = path};
    char why[CALL_WHY_BYTES] = "";
    json_t *answer = NULL;
    long status = collector_ask(transport, &call, why, &answer);

    if (status == 200 && as_json) {
        json_text_print(answer, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (status == 200) {
        print(answer);
    } else {
        log_error("%s", why);
    }
    json_decref(answer);
    if (status == 200)
        return EX_OK;
    if (status == 401 || status == 403)
        return EX_NOPERM;
    return status == 404 ? EX_NOINPUT : EX_UNAVAILABLE;
}

int cmd_explain_group(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    struct transport *transport = NULL;
    char why[CALL_WHY_BYTES] = "";
    char path[PATH_BYTES];

    int status = command_home_as_is(&home);
    if (status == 0)
        status = make_path(&home, operand(invocation, 0), path);
    if (status != 0)
        return status;
    if (collector_open(&home, "page_token_file", why, &transport) < 0) {
        log_error("%s", why);
        return EX_CONFIG;
    }
    status = ask(transport, path, option_given(invocation, "json"));
    transport_close(&transport);
    return status;
}
