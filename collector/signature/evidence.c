/* From a report to evidence. Context: tool. */
#include "collector/signature/evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/signature/frame_name.h"
#include "collector/signature/signature.h"

#define NAME_BYTES_MAX 1024

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

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(object, key, clean_json(text, NAME_BYTES_MAX));
}

static void set_normalised(json_t *object, const char *key, const char *text)
{
    char normal[FRAME_NAME_BYTES];

    if (!text || !*text)
        return;
    frame_text_normalise(text, normal);
    set_text(object, key, normal);
}

/* By si_code (sigaction(2)): positive ones are the kernel's own. */
static const char *code_class(const Inquest__V1__Signal *signal)
{
    if (signal->has_code_case == 0)
        return "";
    return signal->code > 0 ? "fault" : "sent";
}

static json_t *frame_json(const Inquest__V1__Frame *frame)
{
    json_t *json = json_object();
    char offset[24];

    set_text(json, "function", frame->function);
    set_text(json, "module", frame->module);
    set_text(json, "buildId", frame->build_id);
    if (frame->has_module_offset_case) {
        (void)snprintf(offset, sizeof offset, "0x%" PRIx64,
                       frame->module_offset);
        set_text(json, "moduleOffset", offset);
    }
    if (frame->inlined)
        json_object_set_new(json, "inlined", json_true());
    if (frame->pc_kind == INQUEST__V1__PC_KIND__RETURN_ADDRESS)
        set_text(json, "pcKind", "RETURN_ADDRESS");
    return json;
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
        return (struct frames){site->frames, site->n_frames};
    }
    if (!thread)
        return (struct frames){0};
    return (struct frames){thread->frames, thread->n_frames};
}

static json_t *frames_json(const Inquest__V1__Report *report)
{
    const struct frames from = frames_of(report);
    json_t *frames = json_array();

    for (size_t i = 0; i < from.count && i < SIGNATURE_FRAMES_MAX; i++)
        json_array_append_new(frames, frame_json(from.frames[i]));
    return frames;
}

static void add_crash(json_t *evidence, const Inquest__V1__Crash *crash)
{
    if (crash->signal) {
        set_text(evidence, "signal", crash->signal->name);
        set_text(evidence, "code", code_class(crash->signal));
    }
    set_normalised(evidence, "abortMessage", crash->abort_message);
    if (crash->exception)
        set_text(evidence, "exception", crash->exception->type);
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
    json_t *evidence = has_groups(report->kind) ? json_object() : NULL;

    if (!evidence)
        return NULL;
    set_text(evidence, "kind", kind_name((int)report->kind));
    if (report->app)
        set_text(evidence, "app", report->app->name);
    if (report->crash)
        add_crash(evidence, report->crash);
    if (report->termination) {
        set_text(evidence, "detail",
                 enum_name(&inquest__v1__termination_cause__descriptor,
                           (int)report->termination->cause));
    } else if (report->alarm) {
        set_normalised(evidence, "detail", report->alarm->rule);
    } else if (report->heap_fault) {
        set_text(evidence, "detail",
                 enum_name(&inquest__v1__heap_fault_kind__descriptor,
                           (int)report->heap_fault->kind));
    }
    json_object_set_new(evidence, "frames", frames_json(report));
    return evidence;
}

bool evidence_lacks_names(const json_t *evidence)
{
    size_t index;
    const json_t *frame;

    json_array_foreach(json_object_get(evidence, "frames"), index, frame)
    {
        if (!json_object_get(frame, "function") &&
            json_object_get(frame, "moduleOffset"))
            return true;
    }
    return false;
}
