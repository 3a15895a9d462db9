/* Threads, frames, instructions. Context: tool. */
#include "reporter/show/show_html_threads.h"

#include <inttypes.h>

#include "reporter/show/disassemble.h"
#include "reporter/show/html.h"
#include "reporter/show/view.h"

static void write_frames(const struct show *show, const json_t *thread)
{
    char text[VIEW_FRAME_TEXT];
    char repeat[VIEW_REPEAT_TEXT];
    uint64_t physical = 0; /* an inlined frame has no number of its own */
    size_t index;
    json_t *frame;

    fputs("<ol start=0>", show->out);
    json_array_foreach(json_object_get(thread, "frames"), index, frame)
    {
        bool inlined = json_is_true(json_object_get(frame, "inlined"));
        view_repeat(thread, physical, repeat);
        physical += inlined ? 0 : 1;
        if (view_is_guest(frame))
            continue;
        view_frame(frame, text);
        fputs(inlined ? "<li class=in>" : "<li>", show->out);
        html_escape(show->out, text);
        fprintf(show->out, "%s%s\n", inlined ? " [inlined]" : "",
                view_trust(frame));
        if (!inlined && *repeat != '\0')
            fprintf(show->out, "<li class=fold>%s\n", repeat);
    }
    fputs("</ol>", show->out);
}

static void write_notes(const struct show *show, const json_t *thread)
{
    size_t index;
    json_t *note;

    json_array_foreach(json_object_get(thread, "notes"), index, note)
    {
        fputs("<p class=in>", show->out);
        html_escape(show->out, json_string_value(note));
        fputs("</p>\n", show->out);
    }
}

/* The instructions from the one that crashed, and what it did. */
static void write_instructions(const struct show *show)
{
    struct disassembly code;

    disassemble(show->report, &code);
    if (code.count == 0)
        return;
    fputs("<pre>", show->out);
    for (size_t i = 0; i < code.count; i++) {
        fprintf(show->out, "%s 0x%" PRIx64 "  ", i == 0 ? "=&gt;" : "  ",
                code.lines[i].address);
        html_escape(show->out, code.lines[i].text);
        putc('\n', show->out);
        if (i == 0 && *code.words != '\0') {
            fputs("     <b>", show->out);
            html_escape(show->out, code.words);
            fputs("</b>\n", show->out);
        }
    }
    fputs("</pre>\n", show->out);
}

static void write_registers(const struct show *show, const json_t *thread)
{
    const json_t *registers = json_object_get(thread, "registers");
    const char *name;
    json_t *value;

    if (json_object_size(registers) == 0)
        return;
    fputs("<details><summary>Registers</summary><table>", show->out);
    json_object_foreach((json_t *)(uintptr_t)registers, name, value)
    {
        fputs("<tr><th>", show->out);
        html_escape(show->out, name);
        fputs("<td>", show->out);
        html_escape(show->out, view_text(registers, name));
    }
    fputs("</table></details>", show->out);
}

void show_html_threads(const struct show *show)
{
    const json_t *threads = json_object_get(show->report, "threads");
    FILE *out = show->out;
    size_t index;
    json_t *thread;

    if (json_array_size(threads) > 0)
        fputs("<h2>Threads</h2>", out);
    json_array_foreach((json_t *)(uintptr_t)threads, index, thread)
    {
        bool crashed = json_is_true(json_object_get(thread, "crashed"));
        uint64_t tid = 0;
        (void)view_number(thread, "tid", &tid); /* 0: not known */
        fprintf(out, "<details%s><summary>%sThread %" PRIu64 " ",
                crashed ? " open class=crashed" : "",
                crashed ? "Crashed: " : "", tid);
        html_escape(out, view_text(thread, "name"));
        fputs("</summary>", out);
        write_frames(show, thread);
        write_notes(show, thread);
        if (crashed)
            write_instructions(show);
        write_registers(show, thread);
        fputs("</details>\n", out);
    }
}
