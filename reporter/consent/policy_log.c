/* Seen and logged. Context: tool. */
#include "reporter/consent/policy_log.h"

#include <errno.h>
#include <string.h>

#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/data_class.h"
#include "reporter/consent/audit.h"
#include "reporter/state_file.h"

#define TEXT_BYTES 256

static const char *privacy_text(enum policy_privacy privacy)
{
    return privacy == POLICY_PRIVACY_ON    ? "on"
           : privacy == POLICY_PRIVACY_OFF ? "off"
                                           : "free";
}

/* "allow= REQUIRED DETECTION mandatory=no privacy_setting=free" */
static void describe(const struct policy *policy, char ret_text[TEXT_BYTES])
{
    struct text text = text_init(ret_text, TEXT_BYTES);

    text_append(&text, "allow=");
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        if ((policy->allowed & CLASS_BIT(class)) == 0)
            continue;
        text_append(&text, " ");
        text_append(&text, data_class_name((enum data_class) class));
    }
    text_append(&text, " mandatory=");
    text_append(&text, policy->required_by_rule ? "REQUIRED" : "no");
    text_append(&text, " privacy_setting=");
    text_append(&text, privacy_text(policy->privacy));
    if (policy->problem[0] != '\0')
        text_append(&text, " refused");
}

int policy_log(const struct home *home)
{
    char now[TEXT_BYTES];
    char seen[TEXT_BYTES] = "";
    size_t size = 0;

    describe(&home->policy, now);
    int r = io_read_text(home->state_fd, POLICY_SEEN, seen, sizeof seen, &size);
    if (r == -ENOENT && !home->policy.present)
        return 0; /* there never was one */
    if (r == 0 && strcmp(seen, now) == 0)
        return 0;
    r = audit_append(home->state_fd, "policy", now);
    if (r < 0)
        return r;
    return state_file_note(home->state_fd, POLICY_SEEN,
                           (struct span){(const uint8_t *)now, strlen(now)});
}
