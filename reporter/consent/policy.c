/* The administrator's policy. Context: tool. */
#include "reporter/consent/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/data_class.h"
#include "proto/keyfile.h"

int policy_parse_classes(const char *text, uint32_t *ret_mask)
{
    static const char separators[] = ", \t";
    uint32_t mask = 0;

    if (strcmp(text, "none") == 0) {
        *ret_mask = 0;
        return 0;
    }
    for (text += strspn(text, separators); *text != '\0';
         text += strspn(text, separators)) {
        char name[32];
        enum data_class class;
        size_t size = strcspn(text, separators);
        if (size >= sizeof name)
            return -ERR_NOT_FOUND;
        memcpy(name, text, size);
        name[size] = '\0';
        int r = data_class_parse(name, &class);
        if (r < 0)
            return r;
        mask |= CLASS_BIT(class);
        text += size;
    }
    *ret_mask = mask;
    return 0;
}

static int take_line(struct policy *policy, const struct keyfile_line *line,
                     bool owned_by_root)
{
    uint32_t mask = 0;

    if (strcmp(line->key, "privacy_setting") == 0) {
        bool off = strcmp(line->value, "off") == 0;
        if (!off && strcmp(line->value, "on") != 0)
            return -ERR_FORMAT;
        policy->privacy = off ? POLICY_PRIVACY_OFF : POLICY_PRIVACY_ON;
        return 0;
    }
    bool allow = strcmp(line->key, "allow") == 0;
    if (!allow && strcmp(line->key, "mandatory") != 0)
        return -ERR_FORMAT;
    int r = policy_parse_classes(line->value, &mask);
    if (r < 0)
        return r;
    if (allow) {
        policy->allowed &= mask;
    } else if (owned_by_root) {
        policy->required_by_rule = (mask & CLASS_BIT(CLASS_REQUIRED)) != 0;
    }
    return 0;
}

static void refuse(struct policy *policy, const char *path, unsigned line,
                   int r)
{
    *policy = (struct policy){
        .present = true,
        .privacy = POLICY_PRIVACY_ON,
    };
    char at[16] = ""; /* a file that was not read has no line */

    if (line > 0)
        snprintf(at, sizeof at, ":%u", line);
    snprintf(policy->problem, sizeof policy->problem, "%s%s: %s", path, at,
             keyfile_error(r));
}

void policy_read(const char *path, struct policy *ret_policy)
{
    OWNED_KEYFILE file = {0};
    struct policy policy = {.allowed = CLASS_ALL};
    unsigned line = 0;

    int r = keyfile_open(AT_FDCWD, path, &file, &line);
    if (r == -ENOENT) {
        *ret_policy = policy;
        return;
    }
    policy.present = true;
    for (size_t i = 0; r == 0 && i < file.count; i++) {
        line = file.lines[i].number;
        r = take_line(&policy, &file.lines[i], file.owned_by_root);
    }
    if (r < 0)
        refuse(&policy, path, line, r);
    *ret_policy = policy;
}

void policy_restrict(struct policy *policy, const struct policy *further)
{
    policy->allowed &= further->allowed;
    policy->present = policy->present || further->present;
    if (further->privacy == POLICY_PRIVACY_ON)
        policy->privacy = POLICY_PRIVACY_ON;
    if (policy->problem[0] == '\0')
        memcpy(policy->problem, further->problem, sizeof policy->problem);
    if (further->problem[0] != '\0')
        policy->required_by_rule = false;
}
