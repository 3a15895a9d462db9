/* From a query to a filter. Context: tool. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/api/api.h"
#include "proto/report_codec.h"

#define GROUP_DIGITS 16

int api_group_id(const char *text, int64_t *ret_group)
{
    char *end = NULL;

    if (strlen(text) != GROUP_DIGITS ||
        strspn(text, "0123456789abcdef") != GROUP_DIGITS)
        return -EINVAL;
    *ret_group = (int64_t)strtoull(text, &end, 16);
    return 0;
}

void api_group_text(int64_t group, char ret_text[20])
{
    (void)snprintf(ret_text, 20, "%016" PRIx64, (uint64_t)group);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int api_report_id(const char *text, uint8_t ret_id[STORE_ID_BYTES])
{
    uint8_t id[STORE_ID_BYTES] = {0};
    size_t digits = 0;

    if (strlen(text) != REPORT_ID_BYTES - 1)
        return -EINVAL;
    for (size_t i = 0; text[i]; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i] != '-')
                return -EINVAL;
            continue;
        }
        int value = hex_digit(text[i]);
        if (value < 0)
            return -EINVAL;
        id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | value);
        digits++;
    }
    memcpy(ret_id, id, sizeof id);
    return 0;
}

/* "2026-11-24" or "2026-11-24T12:34:56[.789]Z". */
static bool parse_time(const char *text, bool end_of_day, int64_t *ret_ms)
{
    struct tm utc = {0};
    const char *rest = strptime(text, "%Y-%m-%d", &utc);

    if (!rest)
        return false;
    bool day = *rest == '\0';
    if (!day) {
        rest = strptime(rest, "T%H:%M:%S", &utc);
        if (rest && *rest == '.')
            rest += 1 + strspn(rest + 1, "0123456789");
        if (!rest || strcmp(rest, "Z") != 0)
            return false;
    }
    *ret_ms = (int64_t)timegm(&utc) * 1000;
    if (day && end_of_day)
        *ret_ms += DAY_MS - 1;
    return true;
}

static int parse_times(const struct request *request,
                       struct store_filter *filter, const char **ret_why)
{
    const char *since = request_argument(request, "since");
    const char *until = request_argument(request, "until");

    if (since && *since && !parse_time(since, false, &filter->since_ms)) {
        *ret_why = "since: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ is wanted";
        return -EINVAL;
    }
    if (until && *until && !parse_time(until, true, &filter->until_ms)) {
        *ret_why = "until: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ is wanted";
        return -EINVAL;
    }
    return 0;
}

/* The place of text in names, or -1. */
static int find(const char *text, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(text, names[i]) == 0)
            return i;
    }
    return -1;
}

static int parse_kind(const struct request *request,
                      struct store_filter *filter, const char **ret_why)
{
    const char *kind = request_argument(request, "kind");
    const ProtobufCEnumValue *value = NULL;

    if (!kind || !*kind)
        return 0;
    value = protobuf_c_enum_descriptor_get_value_by_name(
        &inquest__v1__kind__descriptor, kind);
    if (!value || value->value == 0) {
        *ret_why = "kind: no such kind; CRASH, TERMINATION, …";
        return -EINVAL;
    }
    filter->kind = value->value;
    return 0;
}

static int parse_words(const struct request *request,
                       struct store_filter *filter, const char **ret_why)
{
    static const char *const sorts[] = {"last", "first", "count"};
    static const char *const statuses[] = {"open", "resolved", "muted"};
    const char *sort = request_argument(request, "sort");
    const char *status = request_argument(request, "status");
    const char *group = request_argument(request, "group");

    int found = sort && *sort ? find(sort, sorts, 3) : 0;
    if (found < 0) {
        *ret_why = "sort: last, first or count";
        return -EINVAL;
    }
    filter->sort = (enum store_sort)found;
    filter->status = status && *status ? find(status, statuses, 3) : -1;
    if (status && *status && filter->status < 0) {
        *ret_why = "status: open, resolved or muted";
        return -EINVAL;
    }
    if (group && *group && api_group_id(group, &filter->group) < 0) {
        *ret_why = "group: 16 hexadecimal digits";
        return -EINVAL;
    }
    return parse_kind(request, filter, ret_why);
}

int api_filter(const struct request *request, struct store_filter *ret_filter,
               const char **ret_why)
{
    struct store_filter filter = {
        .project = request->project,
        .q = request_argument(request, "q"),
        .app = request_argument(request, "app"),
        .version = request_argument(request, "version"),
        .signal = request_argument(request, "signal"),
        .function = request_argument(request, "function"),
        .machine = request_argument(request, "machine"),
        .cursor = request_argument(request, "cursor"),
        .limit = request_number(request, "limit", STORE_LIST_DEFAULT,
                                STORE_LIST_MAX),
        .offset = request_number(request, "offset", 0, SIZE_MAX >> 1),
    };

    if (filter.limit == 0)
        filter.limit = 1;
    int r = parse_words(request, &filter, ret_why);
    if (r == 0)
        r = parse_times(request, &filter, ret_why);
    if (r == 0)
        *ret_filter = filter;
    return r;
}
