/* Answers on standard output. Context: tool. */
#include "symbolicate/print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/fmt.h"

static json_t *frames_json(const struct symbols_frame *frames, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *frame = json_object();
        if (frames[i].function) {
            json_object_set_new(frame, "function",
                                json_string(frames[i].function));
        }
        if (frames[i].file)
            json_object_set_new(frame, "file", json_string(frames[i].file));
        if (frames[i].line > 0)
            json_object_set_new(frame, "line", json_integer(frames[i].line));
        json_object_set_new(frame, "inlined", json_boolean(frames[i].inlined));
        json_array_append_new(array, frame);
    }
    return array;
}

json_t *answer_json(uint64_t address, const struct symbols_frame *frames,
                    size_t count)
{
    char text[32];
    json_t *answer = json_object();

    (void)snprintf(text, sizeof text, "0x%" PRIx64, address);
    json_object_set_new(answer, "address", json_string(text));
    json_object_set_new(answer, "frames", frames_json(frames, count));
    return answer;
}

void print_json(json_t *answer)
{
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(answer);
}

static void put(const char *text)
{
    (void)fwrite_unlocked(text, 1, strlen(text), stdout);
}

static void put_hex(uint64_t number)
{
    char digits[32];
    struct text text = text_init(digits, sizeof digits);

    text_append_hex(&text, number, 1);
    put(digits);
}

static void put_decimal(uint64_t number)
{
    char digits[32];
    struct text text = text_init(digits, sizeof digits);

    text_append_u64(&text, number);
    put(digits);
}

/* Printable ASCII without what JSON escapes: nearly every string is. */
static bool is_plain(const char *text)
{
    for (; text && *text; text++) {
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
            return false;
    }
    return true;
}

static void put_member(const char *key, const char *text)
{
    if (!text)
        return;
    put(key);
    put(text);
    put("\",");
}

static void put_frame_json(const struct symbols_frame *frame)
{
    put_member("\"function\":\"", frame->function);
    put_member("\"file\":\"", frame->file);
    if (frame->line > 0) {
        put("\"line\":");
        put_decimal((uint64_t)frame->line);
        put(",");
    }
    put(frame->inlined ? "\"inlined\":true}" : "\"inlined\":false}");
}

void print_json_answer(uint64_t address, const struct symbols_frame *frames,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_plain(frames[i].function) || !is_plain(frames[i].file)) {
            print_json(answer_json(address, frames, count));
            return;
        }
    }
    put("{\"address\":\"0x");
    put_hex(address);
    put("\",\"frames\":[");
    for (size_t i = 0; i < count; i++) {
        put(i ? ",{" : "{");
        put_frame_json(&frames[i]);
    }
    put("]}\n");
}

void print_text(uint64_t address, const struct symbols_frame *frames,
                size_t count)
{
    put("0x");
    put_hex(address);
    if (count == 0)
        put("  no information");
    for (size_t i = 0; i < count; i++) {
        put(i ? "\n    called from " : "  ");
        put(frames[i].function ? frames[i].function : "??");
        if (frames[i].file) {
            put(" at ");
            put(frames[i].file);
            put(":");
            put_decimal((uint64_t)frames[i].line);
        }
        if (frames[i].inlined)
            put(" (inlined)");
    }
    put("\n");
}

json_t *debug_json(const struct symbols *symbols)
{
    static const char *const states[] = {
        [DEBUG_MISSING] = "missing",
        [DEBUG_MISMATCH] = "mismatch",
        [DEBUG_SYMTAB] = "symtab",
        [DEBUG_FOUND] = "found",
    };
    const struct debug_file *file = symbols_file(symbols);
    json_t *tried = json_array();
    const char *text;

    for (size_t i = 0; (text = symbols_tried(symbols, i)); i++)
        json_array_append_new(tried, json_string(text));
    return json_pack("{s:s,s:s,s:s,s:o}", "state", states[file->state],
                     "buildId", file->build_id, "path", debug_file_place(file),
                     "tried", tried);
}

void print_debug(const struct symbols *symbols)
{
    static const char *const states[] = {
        [DEBUG_MISSING] = "nothing was found",
        [DEBUG_MISMATCH] = "what was found has another build-id",
        [DEBUG_SYMTAB] = "functions only, from ",
        [DEBUG_FOUND] = "functions, files and lines, from ",
    };
    const struct debug_file *file = symbols_file(symbols);
    const char *text;

    printf("build-id %s: %s%s\n", file->build_id[0] ? file->build_id : "none",
           states[file->state],
           file->state < DEBUG_SYMTAB ? "" : debug_file_place(file));
    for (size_t i = 0; (text = symbols_tried(symbols, i)); i++)
        printf("  tried %s\n", text);
}
