/* Threads and their frames. Context: tool. */
#include "reporter/show/show_frames.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/fd.h"
#include "reporter/show/disassemble.h"
#include "reporter/show/view.h"

#define SOURCE_LINE_BYTES 400

/* A path that a debug file names: only a plain file is read. */
static FILE *open_source(const char *path)
{
    struct stat status;

    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return NULL;
    return fdopen(fd_take(&fd), "r");
}

static void show_source(const struct show *show, const json_t *frame)
{
    char text[SOURCE_LINE_BYTES];
    uint64_t line = 0;
    const char *path = view_text(frame, "file");
    FILE *file = show->source && *path == '/' ? open_source(path) : NULL;

    if (!file)
        return;
    (void)view_number(frame, "line", &line); /* 0 shows the first lines */
    for (uint64_t number = 1; fgets(text, sizeof text, file); number++) {
        if (number > line + SHOW_SOURCE_LINES)
            break;
        if (number + SHOW_SOURCE_LINES < line)
            continue;
        text[strcspn(text, "\n")] = '\0';
        fprintf(show->out, "      %s%5" PRIu64 "  ", number == line ? ">" : " ",
                number);
        view_print(show->out, text);
        putc('\n', show->out);
    }
    fclose(file);
}

/* Where frames are folded behind the one with this index. */
static void show_repeat(const struct show *show, const json_t *thread,
                        uint64_t index)
{
    char text[VIEW_REPEAT_TEXT];

    view_repeat(thread, index, text);
    if (*text != '\0')
        fprintf(show->out, "      %s\n", text);
}

static void show_frames(const struct show *show, const json_t *thread)
{
    const json_t *frames = json_object_get(thread, "frames");
    char text[VIEW_FRAME_TEXT];
    uint64_t physical = 0; /* an inlined frame has no number of its own */
    size_t shown = 0;

    for (size_t i = 0; i < json_array_size(frames); i++) {
        const json_t *frame = json_array_get(frames, i);
        bool inlined = json_is_true(json_object_get(frame, "inlined"));
        if (i == SHOW_FRAMES_MAX) {
            fprintf(show->out, "      … %zu more; --json has them\n",
                    json_array_size(frames) - i);
            return;
        }
        if (view_is_guest(frame)) {
            physical++;
            continue;
        }
        view_frame(frame, text);
        fprintf(show->out, "  #%-3zu ", shown++);
        view_print(show->out, text);
        fprintf(show->out, "%s%s\n", inlined ? " [inlined]" : "",
                view_trust(frame));
        show_source(show, frame);
        if (!inlined)
            show_repeat(show, thread, physical++);
    }
}

static void show_registers(const struct show *show, const json_t *thread)
{
    const json_t *registers = json_object_get(thread, "registers");
    unsigned columns = show->width >= 100 ? 4 : 3;
    unsigned column = 0;
    const char *name;
    json_t *value;

    if (json_object_size(registers) == 0)
        return;
    putc('\n', show->out);
    json_object_foreach((json_t *)(uintptr_t)registers, name, value)
    {
        uint64_t number = 0;
        if (!view_number(registers, name, &number))
            continue;
        fprintf(show->out, " %6s %016" PRIx64, name, number);
        column = (column + 1) % columns;
        if (column == 0)
            putc('\n', show->out);
    }
    if (column != 0)
        putc('\n', show->out);
}

static void show_name(const struct show *show, const json_t *thread)
{
    uint64_t tid = 0;

    (void)view_number(thread, "tid", &tid); /* 0: not known */
    fprintf(show->out, "%" PRIu64, tid);
    if (*view_text(thread, "name") != '\0') {
        fputs(" \"", show->out);
        view_print(show->out, view_text(thread, "name"));
        putc('"', show->out);
    }
}

static void show_notes(const struct show *show, const json_t *thread)
{
    size_t index;
    json_t *note;

    json_array_foreach(json_object_get(thread, "notes"), index, note)
    {
        fputs("  note: ", show->out);
        view_print(show->out, json_string_value(note));
        putc('\n', show->out);
    }
}

static void begin(const struct show *show, const char *word)
{
    fprintf(show->out, "\n%s%s ", show->color ? "\033[1m" : "", word);
}

static void end_line(const struct show *show, const char *more)
{
    fprintf(show->out, "%s%s\n", more, show->color ? "\033[0m" : "");
}

/* One stack and all threads that stand there; marks them as seen. */
static void show_group(const struct show *show, const json_t *threads,
                       size_t first, bool *seen)
{
    const json_t *thread = json_array_get(threads, first);
    size_t count = 0;

    for (size_t i = first; i < json_array_size(threads); i++) {
        count +=
            !seen[i] && view_same_stack(thread, json_array_get(threads, i));
    }
    begin(show, count > 1 ? "Threads" : "Thread");
    for (size_t i = first; i < json_array_size(threads); i++) {
        const json_t *other = json_array_get(threads, i);
        if (seen[i] || !view_same_stack(thread, other))
            continue;
        seen[i] = true;
        if (i != first)
            fputs(", ", show->out);
        show_name(show, other);
    }
    end_line(show, "");
    show_frames(show, thread);
    show_notes(show, thread);
}

/* The instructions from the one that crashed, and what it did. */
static void show_instructions(const struct show *show)
{
    struct disassembly code;

    disassemble(show->report, &code);
    if (code.count > 0)
        putc('\n', show->out);
    for (size_t i = 0; i < code.count; i++) {
        fprintf(show->out, "  %s 0x%" PRIx64 "  %s\n", i == 0 ? "=>" : "  ",
                code.lines[i].address, code.lines[i].text);
        if (i == 0 && *code.words != '\0')
            fprintf(show->out, "       %s\n", code.words);
    }
}

void show_threads(const struct show *show)
{
    const json_t *threads = json_object_get(show->report, "threads");
    size_t count = json_array_size(threads);
    bool *seen = calloc(count + 1, sizeof *seen);

    for (size_t i = 0; seen && i < count; i++) {
        const json_t *thread = json_array_get(threads, i);
        if (!json_is_true(json_object_get(thread, "crashed")))
            continue;
        seen[i] = true;
        begin(show, "Crashed thread");
        show_name(show, thread);
        end_line(show, "");
        show_frames(show, thread);
        show_notes(show, thread);
        show_instructions(show);
        show_registers(show, thread);
    }
    for (size_t i = 0; seen && i < count; i++) {
        if (!seen[i])
            show_group(show, threads, i, seen);
    }
    free(seen);
}
