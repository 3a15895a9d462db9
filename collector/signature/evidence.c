/* From a report to evidence. Context: tool. */
#include "collector/signature/evidence.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/signature/frame_name.h"
#include "collector/signature/signature.h"

#define NAME_BYTES_MAX 1024

/*
 * Where evidence is told to: a JSON object or a hash, in one order and from
 * one place, so that what decides on the group decides on the hash.
 */
struct teller {
    json_t *evidence; /* NULL: a hash is made */
    json_t *object;   /* of it, where texts go now */
    crypto_generichash_state hash;
};

static const char *enum_name(const ProtobufCEnumDescriptor *descriptor,
                             int value)
{
    const ProtobufCEnumValue *named =
        protobuf_c_enum_descriptor_get_value(descriptor, value);

    return named ? named->name : "";
}

const char *kind_name(int kind)
{
    const char *name = enum_name(&inquest__v1__kind__descriptor, kind);

    return *name ? name : "KIND_UNSPECIFIED";
}

json_t *clean_json(const char *text, size_t size_max)
{
    size_t size = strnlen(text, size_max);
    json_t *json = NULL;
    char *copy = strndup(text, size);

    if (!copy)
        return NULL;
    for (char *at = copy; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    }
    /* A cut may have split a character: up to three bytes of it go. */
    for (size_t cut = 0; !json && cut < 4 && cut <= size; cut++)
        json = json_stringn(copy, size - cut);
    for (char *at = copy; !json && *at; at++) {
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    }
    if (!json)
        json = json_string(copy);
    free(copy);
    return json;
}

static void feed(struct teller *teller, const char *text, size_t size)
{
    static const uint8_t end = '\0';

    (void)crypto_generichash_update(&teller->hash, (const uint8_t *)text, size);
    (void)crypto_generichash_update(&teller->hash, &end, 1); /* cannot fail */
}

static void tell(struct teller *teller, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    if (teller->evidence) {
        json_object_set_new(teller->object, key,
                            clean_json(text, NAME_BYTES_MAX));
        return;
    }
    feed(teller, key, strlen(key));
    feed(teller, text, strnlen(text, NAME_BYTES_MAX));
}

static void tell_normalised(struct teller *teller, const char *key,
                            const char *text)
{
    char normal[FRAME_NAME_BYTES];

    if (!text || !*text)
        return;
    frame_text_normalise(text, normal);
    tell(teller, key, normal);
}

static void tell_true(struct teller *teller, const char *key)
{
    if (teller->evidence) {
        json_object_set_new(teller->object, key, json_true());
        return;
    }
    feed(teller, key, strlen(key));
}

/* By si_code (sigaction(2)): positive ones are the kernel's own. */
static const char *code_class(const Inquest__V1__Signal *signal)
{
    if (signal->has_code_case == 0)
        return "";
    return signal->code > 0 ? "fault" : "sent";
}

static void tell_frame(struct teller *teller, const Inquest__V1__Frame *frame)
{
    char offset[24];

    tell(teller, "function", frame->function);
    tell(teller, "module", frame->module);
    tell(teller, "buildId", frame->build_id);
    if (frame->has_module_offset_case) {
        (void)snprintf(offset, sizeof offset, "0x%" PRIx64,
                       frame->module_offset);
        tell(teller, "moduleOffset", offset);
    }
    if (frame->inlined)
        tell_true(teller, "inlined");
    if (frame->pc_kind == INQUEST__V1__PC_KIND__RETURN_ADDRESS)
        tell(teller, "pcKind", "RETURN_ADDRESS");
}

/* The crashed thread, or the first. */
static const Inquest__V1__Thread *thread_of(const Inquest__V1__Report *report)
{
    for (size_t i = 0; i < report->n_threads; i++) {
        if (report->threads[i]->crashed)
            return report->threads[i];
    }
    return report->n_threads > 0 ? report->threads[0] : NULL;
}

struct frames {
    Inquest__V1__Frame **frames; /* borrowed */
    size_t count;
};

static struct frames first_of(Inquest__V1__Frame **frames, size_t count)
{
    return (struct frames){
        frames, count < SIGNATURE_FRAMES_MAX ? count : SIGNATURE_FRAMES_MAX};
}

/*
 * The frames that lead to the fault. An alarm has none: where its threads
 * stood is chance; the site that holds most of the heap leads to it.
 */
static struct frames frames_of(const Inquest__V1__Report *report)
{
    const Inquest__V1__Thread *thread = thread_of(report);

    if (report->kind == INQUEST__V1__KIND__MEMORY_ALARM) {
        if (!report->heap || report->heap->n_sites == 0)
            return (struct frames){0};
        const Inquest__V1__HeapSite *site = report->heap->sites[0];
        return first_of(site->frames, site->n_frames);
    }
    if (!thread)
        return (struct frames){0};
    return first_of(thread->frames, thread->n_frames);
}

static void tell_frames(struct teller *teller, const struct frames *frames)
{
    json_t *array = teller->evidence ? json_array() : NULL;

    for (size_t i = 0; i < frames->count; i++) {
        if (array) {
            teller->object = json_object();
            json_array_append_new(array, teller->object);
        } else {
            feed(teller, "", 0); /* else two frames might read as one */
        }
        tell_frame(teller, frames->frames[i]);
    }
    if (array)
        json_object_set_new(teller->evidence, "frames", array);
}

static void tell_crash(struct teller *teller, const Inquest__V1__Crash *crash)
{
    if (crash->signal) {
        tell(teller, "signal", crash->signal->name);
        tell(teller, "code", code_class(crash->signal));
    }
    tell_normalised(teller, "abortMessage", crash->abort_message);
    if (crash->exception)
        tell(teller, "exception", crash->exception->type);
}

static void tell_detail(struct teller *teller,
                        const Inquest__V1__Report *report)
{
    if (report->termination) {
        tell(teller, "detail",
             enum_name(&inquest__v1__termination_cause__descriptor,
                       (int)report->termination->cause));
    } else if (report->alarm) {
        tell_normalised(teller, "detail", report->alarm->rule);
    } else if (report->heap_fault) {
        tell(teller, "detail",
             enum_name(&inquest__v1__heap_fault_kind__descriptor,
                       (int)report->heap_fault->kind));
    }
}

static void tell_all(struct teller *teller, const Inquest__V1__Report *report)
{
    const struct frames frames = frames_of(report);

    tell(teller, "kind", kind_name((int)report->kind));
    if (report->app)
        tell(teller, "app", report->app->name);
    if (report->crash)
        tell_crash(teller, report->crash);
    tell_detail(teller, report);
    tell_frames(teller, &frames);
}

static bool has_groups(Inquest__V1__Kind kind)
{
    switch (kind) {
    case INQUEST__V1__KIND__USAGE:
    case INQUEST__V1__KIND__FEEDBACK:
    case INQUEST__V1__KIND__SNAPSHOT:
    case INQUEST__V1__KIND__HEAP_PROFILE:
        return false;
    default:
        return true;
    }
}

json_t *evidence_of(const Inquest__V1__Report *report)
{
    struct teller teller = {0};

    if (!has_groups(report->kind))
        return NULL;
    teller.evidence = json_object();
    if (!teller.evidence)
        return NULL;
    teller.object = teller.evidence;
    tell_all(&teller, report);
    return teller.evidence;
}

bool evidence_hash(const Inquest__V1__Report *report,
                   uint8_t ret_hash[EVIDENCE_HASH_BYTES])
{
    struct teller teller = {0};

    if (!has_groups(report->kind))
        return false;
    (void)crypto_generichash_init(&teller.hash, NULL, 0, EVIDENCE_HASH_BYTES);
    tell_all(&teller, report);
    (void)crypto_generichash_final(&teller.hash, ret_hash, EVIDENCE_HASH_BYTES);
    return true;
}

bool evidence_lacks_names(const Inquest__V1__Report *report)
{
    const struct frames frames = frames_of(report);

    for (size_t i = 0; i < frames.count; i++) {
        const Inquest__V1__Frame *frame = frames.frames[i];
        if (!(frame->function && *frame->function) &&
            frame->has_module_offset_case)
            return true;
    }
    return false;
}
