/*
 * The program's calls. Each writes one record of the box under box_lock; two
 * have a report made of it, under box_report_lock. Context: guest.
 */
#define INQUEST_API __attribute__((weak, visibility("default")))
#include "handler/inquest.h"

#include <string.h>
#include <time.h>

#include "handler/box_lock.h"
#include "handler/consent_follow.h"
#include "handler/crash/crash_dump.h"
#include "handler/guest.h"
#include "proto/base/sys.h"
#include "proto/data_class.h"

static uint32_t sequence; /* of every record this file seals, from 1 */

static bool may_record(const struct box *box, enum data_class class)
{
    if (class == CLASS_OPTIONAL)
        consent_follow(&guest.file);
    return (box->identity.recording_classes & CLASS_BIT(class)) &&
           !(class == CLASS_OPTIONAL && consent_denied(box));
}

int inquest_v1_app(const char *name, const char *version)
{
    struct box *box = guest_box();

    if (!box)
        return INQUEST_UNWATCHED;
    if (!name)
        return INQUEST_INVALID;
    box_lock();
    box_unseal(&box->app);
    box_string(box->app.name, sizeof box->app.name, name);
    box_string(box->app.version, sizeof box->app.version,
               version ? version : "");
    box_seal(&box->app, sizeof box->app, ++sequence);
    box_unlock();
    return 0;
}

/* "key\0value\0…" into attributes; pairs that do not fit whole are left out. */
static void copy_pairs(char *attributes, size_t size, const char *const *pairs,
                       size_t pair_count)
{
    size_t used = 0;

    memset(attributes, 0, size);
    for (size_t i = 0; i < pair_count && pairs[2 * i]; i++) {
        const char *value = pairs[2 * i + 1] ? pairs[2 * i + 1] : "";
        size_t key_size = strlen(pairs[2 * i]) + 1;
        size_t value_size = strlen(value) + 1;
        if (key_size > size - used || value_size > size - used - key_size)
            return;
        memcpy(attributes + used, pairs[2 * i], key_size);
        memcpy(attributes + used + key_size, value, value_size);
        used += key_size + value_size;
    }
}

int inquest_v1_action(const char *name, const char *const *pairs,
                      size_t pair_count)
{
    static uint32_t next;
    struct box *box = guest_box();

    if (!box)
        return INQUEST_UNWATCHED;
    if (!name || (pair_count > 0 && !pairs))
        return INQUEST_INVALID;
    box_lock();
    struct box_action *action = &box->actions[next++ % BOX_ACTIONS_COUNT];
    box_unseal(action);
    action->time_unix_ms = sys_unix_ms();
    box_string(action->name, sizeof action->name, name);
    copy_pairs(action->attributes, sizeof action->attributes, pairs,
               pair_count);
    box_seal(action, sizeof *action, ++sequence);
    box_unlock();
    return 0;
}

static struct box_annotation *annotation_slot(struct box *box, const char *key)
{
    struct box_annotation *empty = NULL;

    for (size_t i = 0; i < BOX_ANNOTATIONS_MAX; i++) {
        struct box_annotation *at = &box->annotations[i];
        if (strncmp(at->key, key, sizeof at->key - 1) == 0)
            return at;
        if (at->key[0] == '\0' && !empty)
            empty = at;
    }
    return empty;
}

int inquest_v1_annotate(const char *key, const char *value)
{
    struct box *box = guest_box();

    if (!box)
        return INQUEST_UNWATCHED;
    if (!key || !*key)
        return INQUEST_INVALID;
    box_lock();
    struct box_annotation *slot = annotation_slot(box, key);
    if (slot) {
        box_unseal(slot);
        box_string(slot->key, sizeof slot->key, value ? key : "");
        box_string(slot->value, sizeof slot->value, value ? value : "");
        box_seal(slot, sizeof *slot, ++sequence);
    }
    box_unlock();
    return slot ? 0 : INQUEST_FULL;
}

int inquest_v1_account(int which, const char *value)
{
    struct box *box = guest_box();

    if (!box)
        return INQUEST_UNWATCHED;
    if (which < 0 || which >= BOX_ACCOUNT_KEYS)
        return INQUEST_INVALID;
    box_lock();
    struct box_account *account = &box->account[which];
    box_unseal(account);
    box_string(account->value, sizeof account->value, value ? value : "");
    box_seal(account, sizeof *account, ++sequence);
    box_unlock();
    return 0;
}

static struct box_feature *feature_slot(struct box *box, const char *name)
{
    struct box_feature *empty = NULL;

    for (size_t i = 0; i < BOX_FEATURES_MAX; i++) {
        struct box_feature *at = &box->features[i];
        if (strncmp(at->name, name, sizeof at->name - 1) == 0)
            return at;
        if (at->name[0] == '\0' && !empty)
            empty = at;
    }
    return empty;
}

int inquest_v1_feature(const char *name, const char *state)
{
    struct box *box = guest_box();

    if (!box)
        return INQUEST_UNWATCHED;
    if (!name || !*name || !state)
        return INQUEST_INVALID;
    if (!may_record(box, CLASS_OPTIONAL))
        return INQUEST_REFUSED;
    box_lock();
    bool denied = consent_denied(box); /* meanwhile: it may be wiped already */
    struct box_feature *slot = denied ? NULL : feature_slot(box, name);
    if (slot) {
        box_unseal(slot);
        box_string(slot->name, sizeof slot->name, name);
        box_string(slot->state, sizeof slot->state, state);
        box_seal(slot, sizeof *slot, ++sequence);
    }
    box_unlock();
    if (denied)
        return INQUEST_REFUSED;
    return slot ? 0 : INQUEST_FULL;
}

/* Made by the dumper while this thread waits, under box_report_lock. */
static int report_now(const char *mode, const char *argument)
{
    struct crash_dump_result result =
        crash_dump_live(&guest.file, mode, argument);

    box_report_unlock();
    return result.state == BOX_DUMP_QUEUED ? 0 : INQUEST_FULL;
}

int inquest_v1_detection(const char *domain, const char *ip_address)
{
    static uint32_t next;
    struct box *box = guest_box();

    if (!box)
        return INQUEST_UNWATCHED;
    if (!domain && !ip_address)
        return INQUEST_INVALID;
    if (!may_record(box, CLASS_DETECTION))
        return INQUEST_REFUSED;
    if (!box_report_lock())
        return INQUEST_FULL;
    box_lock();
    uint32_t index = next++ % BOX_DETECTIONS_COUNT;
    struct box_detection *slot = &box->detections[index];
    box_unseal(slot);
    slot->time_unix_ms = sys_unix_ms();
    box_string(slot->domain, sizeof slot->domain, domain ? domain : "");
    box_string(slot->ip_address, sizeof slot->ip_address,
               ip_address ? ip_address : "");
    box_seal(slot, sizeof *slot, ++sequence);
    box_unlock();
    char digit[2] = {(char)('0' + index), '\0'};
    return report_now("detection", digit);
}

int inquest_v1_feedback(int type, const char *comment, const char *email)
{
    struct box *box = guest_box();

    if (!box)
        return INQUEST_UNWATCHED;
    if (!comment || type < INQUEST_SMILE || type > INQUEST_IDEA)
        return INQUEST_INVALID;
    if (!box_report_lock())
        return INQUEST_FULL;
    box_lock();
    struct box_feedback *slot = &box->feedback;
    box_unseal(slot);
    slot->time_unix_ms = sys_unix_ms();
    slot->type = (uint32_t)type;
    box_string(slot->email, sizeof slot->email, email ? email : "");
    box_string(slot->comment, sizeof slot->comment, comment);
    box_seal(slot, sizeof *slot, ++sequence);
    box_unlock();
    return report_now("feedback", NULL);
}
