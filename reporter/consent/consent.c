/* Consent, pure. Context: tool. */
#include "reporter/consent/consent.h"

/* What a person, or for want of a word the default, says. */
static enum consent_layer ask_user(enum data_class class,
                                   const struct consent_layers *layers,
                                   const struct consent_report *report)
{
    const struct consent_word *word = &layers->user->words[class];

    if (class == CLASS_REQUIRED && layers->required_by_rule)
        return CONSENT_ALLOWED;
    if (word->state == CONSENT_DENIED)
        return CONSENT_BY_USER;
    if (word->state == CONSENT_UNSET)
        return class == CLASS_OPTIONAL ? CONSENT_BY_DEFAULT : CONSENT_ALLOWED;
    if (class == CLASS_OPTIONAL && word->notice != layers->notices[class])
        return CONSENT_BY_NOTICE;
    bool before = report->epoch < word->since_epoch &&
                  report->past[class] < word->since_epoch;
    return before ? CONSENT_BY_EPOCH : CONSENT_ALLOWED;
}

enum consent_layer consent_decides(enum data_class class,
                                   const struct consent_layers *layers,
                                   const struct consent_report *report)
{
    if (class <= CLASS_UNSPECIFIED || class >= CLASS_COUNT)
        return CONSENT_BY_VENDOR;
    if ((layers->vendor & CLASS_BIT(class)) == 0)
        return CONSENT_BY_VENDOR;
    if (layers->distrusted)
        return CONSENT_BY_DISTRUST;
    if ((layers->policy & CLASS_BIT(class)) == 0)
        return CONSENT_BY_POLICY;
    if (layers->do_not_track || report->do_not_track)
        return CONSENT_BY_DO_NOT_TRACK;
    if (class == CLASS_DETECTION && !layers->privacy_off)
        return CONSENT_BY_PRIVACY_SETTING;
    enum consent_layer user = ask_user(class, layers, report);
    if (user != CONSENT_ALLOWED)
        return user;
    if ((report->denied & CLASS_BIT(class)) != 0)
        return CONSENT_BY_REPORT;
    if (class == CLASS_SENSITIVE && (report->granted & CLASS_BIT(class)) == 0)
        return CONSENT_BY_NAME;
    return CONSENT_ALLOWED;
}

bool consent_allows(enum data_class class, const struct consent_layers *layers,
                    const struct consent_report *report)
{
    return consent_decides(class, layers, report) == CONSENT_ALLOWED;
}

uint32_t consent_sending(const struct consent_layers *layers,
                         const struct consent_report *report)
{
    uint32_t mask = 0;

    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        if (consent_allows((enum data_class) class, layers, report))
            mask |= CLASS_BIT(class);
    }
    return mask;
}

uint32_t consent_recording(const struct consent_layers *layers)
{
    static const enum data_class by_grant[] = {CLASS_OPTIONAL, CLASS_SENSITIVE};
    uint32_t ceiling = layers->distrusted ? 0 : layers->vendor & layers->policy;
    uint32_t mask = CLASS_BIT(CLASS_REQUIRED) | CLASS_BIT(CLASS_DETECTION) |
                    CLASS_BIT(CLASS_FEEDBACK);

    if (layers->do_not_track)
        return mask;
    for (size_t i = 0; i < ARRAY_LENGTH(by_grant); i++) {
        const struct consent_word *word = &layers->user->words[by_grant[i]];
        if (word->state == CONSENT_GRANTED &&
            word->notice == layers->notices[by_grant[i]])
            mask |= ceiling & CLASS_BIT(by_grant[i]);
    }
    return mask;
}

const char *consent_layer_text(enum consent_layer layer)
{
    static const char *const texts[CONSENT_LAYERS] = {
        [CONSENT_ALLOWED] = "nobody denied it",
        [CONSENT_BY_VENDOR] = "who packaged inquest does not allow it "
                              "(vendor.conf)",
        [CONSENT_BY_DISTRUST] = "a configuration file is malformed or not to "
                                "be trusted",
        [CONSENT_BY_POLICY] = "your administrator's policy does not allow it",
        [CONSENT_BY_DO_NOT_TRACK] = "DO_NOT_TRACK is set",
        [CONSENT_BY_PRIVACY_SETTING] = "privacy_setting is on",
        [CONSENT_BY_USER] = "you denied it",
        [CONSENT_BY_DEFAULT] = "nobody has granted it",
        [CONSENT_BY_NOTICE] = "the privacy notice changed since you granted "
                              "it",
        [CONSENT_BY_EPOCH] = "it was recorded before you granted it",
        [CONSENT_BY_REPORT] = "it was denied for this report",
        [CONSENT_BY_NAME] = "only for a report that is granted it by name",
    };

    return texts[layer];
}

const char *consent_state_name(enum consent_state state)
{
    static const char *const names[] = {"unset", "granted", "denied"};

    return names[state];
}
