/* Answers on standard output. Context: tool. */
#include "symbolicate/program/print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

/* An answer while it is put together: one call to stdio, not one a word. */
struct line {
    char bytes[4096];
    size_t used;
};

static void line_end(struct line *line)
{
    (void)fwrite(line->bytes, 1, line->used, stdout);
    line->used = 0;
}

static void put_bytes(struct line *line, const char *bytes, size_t size)
{
    if (size > sizeof line->bytes - line->used)
        line_end(line);
    if (size > sizeof line->bytes) {
        (void)fwrite(bytes, 1, size, stdout);
        return;
    }
    memcpy(line->bytes + line->used, bytes, size);
    line->used += size;
}

static inline void put(struct line *line, const char *text)
{
    put_bytes(line, text, strlen(text));
}

static void put_hex(struct line *line, uint64_t number)
{
    char digits[16];
    size_t at = sizeof digits;

    do {
        digits[--at] = "0123456789abcdef"[number & 15];
        number >>= 4;
    } while (number > 0);
    put_bytes(line, digits + at, sizeof digits - at);
}

static void put_decimal(struct line *line, unsigned number)
{
    char digits[16];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes(line, digits + at, sizeof digits - at);
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

static void put_member(struct line *line, const char *key, const char *text)
{
    if (!text)
        return;
    put(line, key);
    put(line, text);
    put(line, "\",");
}

static void put_frame_json(struct line *line, const struct symbols_frame *frame)
{
    put_member(line, "\"function\":\"", frame->function);
    put_member(line, "\"file\":\"", frame->file);
    if (frame->line > 0) {
        put(line, "\"line\":");
        put_decimal(line, (unsigned)frame->line);
        put(line, ",");
    }
    put(line, frame->inlined ? "\"inlined\":true}" : "\"inlined\":false}");
}

void print_json_answer(uint64_t address, const struct symbols_frame *frames,
                       size_t count)
{
    struct line line;

    for (size_t i = 0; i < count; i++) {
        if (!is_plain(frames[i].function) || !is_plain(frames[i].file)) {
            print_json(answer_json(address, frames, count));
            return;
        }
    }
    line.used = 0;
    put(&line, "{\"address\":\"0x");
    put_hex(&line, address);
    put(&line, "\",\"frames\":[");
    for (size_t i = 0; i < count; i++) {
        put(&line, i ? ",{" : "{");
        put_frame_json(&line, &frames[i]);
    }
    put(&line, "]}\n");
    line_end(&line);
}

void print_text(uint64_t address, const struct symbols_frame *frames,
                size_t count)
{
    struct line line;

    line.used = 0;
    put(&line, "0x");
    put_hex(&line, address);
    if (count == 0)
        put(&line, "  no information");
    for (size_t i = 0; i < count; i++) {
        put(&line, i ? "\n    called from " : "  ");
        put(&line, frames[i].function ? frames[i].function : "??");
        if (frames[i].file) {
            put(&line, " at ");
            put(&line, frames[i].file);
            put(&line, ":");
            put_decimal(&line, (unsigned)frames[i].line);
        }
        if (frames[i].inlined)
            put(&line, " (inlined)");
    }
    put(&line, "\n");
    line_end(&line);
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
