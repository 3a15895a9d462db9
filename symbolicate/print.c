/* Answers on standard output. Context: tool. */
#include "symbolicate/print.h"

#include <inttypes.h>
#include <stdio.h>

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

/* A JSON string (RFC 8259): escapes; bytes that are no UTF-8 become '?'. */
static void put_string(const char *key, const char *text)
{
    printf("\"%s\":", key);
    putchar_unlocked('"');
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\')
            putchar_unlocked('\\');
        putchar_unlocked(c < ' ' || c > '~' ? '?' : c);
    }
    fputs("\",", stdout);
}

static bool is_plain(const char *text)
{
    for (; text && *text; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
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
    printf("{\"address\":\"0x%" PRIx64 "\",\"frames\":[", address);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ",{" : "{", stdout);
        if (frames[i].function)
            put_string("function", frames[i].function);
        if (frames[i].file)
            put_string("file", frames[i].file);
        if (frames[i].line > 0)
            printf("\"line\":%d,", frames[i].line);
        printf("\"inlined\":%s}", frames[i].inlined ? "true" : "false");
    }
    puts("]}");
}

void print_text(uint64_t address, const struct symbols_frame *frames,
                size_t count)
{
    printf("0x%" PRIx64, address);
    if (count == 0)
        printf("  no information");
    for (size_t i = 0; i < count; i++) {
        printf("%s%s", i ? "\n    called from " : "  ",
               frames[i].function ? frames[i].function : "??");
        if (frames[i].file)
            printf(" at %s:%d", frames[i].file, frames[i].line);
        if (frames[i].inlined)
            printf(" (inlined)");
    }
    putchar('\n');
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

    for (size_t i = 0; i < file->tried_count; i++)
        json_array_append_new(tried, json_string(file->tried[i]));
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

    printf("build-id %s: %s%s\n", file->build_id[0] ? file->build_id : "none",
           states[file->state],
           file->state < DEBUG_SYMTAB ? "" : debug_file_place(file));
    for (size_t i = 0; i < file->tried_count; i++)
        printf("  tried %s\n", file->tried[i]);
}
