/* The notice in three forms. Context: tool. */
#include "reporter/consent/notice.h"

#include <string.h>

#include "proto/base/compiler.h"
#include "proto/base/crc32c.h"
#include "reporter/show/terminal.h"

#define HEX_TEXT       16
#define CLASS_COLUMN   10
#define INDENT_NAME    2
#define INDENT_DETAIL  6
#define EXAMPLE_COLUMN 11
#define LEAVES_COLUMN  10 /* behind "  leaves: " */

static const struct {
    const char *what;
    const char *leaves;
} classes[CLASS_COUNT] = {
    [CLASS_REQUIRED] = {"crash logs, memory use, device, account, app and "
                        "upgrade status, actions",
                        "once an endpoint is configured, unless denied"},
    [CLASS_DETECTION] = {"domain and IP address of a malicious connection or "
                         "page, only upon detection",
                         "as REQUIRED, and only while privacy_setting is off"},
    [CLASS_OPTIONAL] = {"app, CPU and network usage; features configured by "
                        "the administrator",
                        "only when granted; before that it is not even "
                        "collected"},
    [CLASS_FEEDBACK] = {"what a person typed: type, comment, e-mail if given",
                        "with the feedback it was typed for, unless denied"},
    [CLASS_SENSITIVE] = {"raw memory, arguments, environment, working "
                         "directory, host and user name",
                         "never, but for a single report granted by name"},
};

static const struct {
    const char *name;
    const char *text;
} purposes[] = {
    {"IDENTIFY_REPORT", "tell reports, installations and versions apart"},
    {"FIND_CAUSE", "find the cause of a crash or of memory trouble"},
    {"EXPLAIN_CONTEXT", "understand what the program was doing"},
    {"MEASURE_QUALITY", "measure how often, on which versions"},
    {"PROTECT", "handle a detected attack"},
    {"ANSWER", "answer the person who wrote"},
};

static const char *const paragraphs[] = {
    "Nothing leaves the machine before an endpoint is configured, and nothing "
    "ever leaves under DO_NOT_TRACK. What may leave is decided by the class of "
    "each field; the packager, the administrator's policy, DO_NOT_TRACK, you, "
    "and a word for a single report can each only take away. A grant does not "
    "reach back to reports recorded before it.",
    "On its way out, home directories become ~, the names of user and host "
    "<user> and <host>, e-mail addresses <email>. Messages of a dying program "
    "(abort, exception) and names of threads leave only as far as their words "
    "are known ones.",
    "inquest status says what would leave now and who decides, inquest "
    "preview shows the very bytes, inquest consent withdraw denies everything "
    "and has deleted what was sent, inquest audit is the log of all of it.",
};

const char *notice_what(enum data_class class)
{
    return classes[class].what ? classes[class].what : "";
}

const char *notice_leaves(enum data_class class)
{
    return classes[class].leaves ? classes[class].leaves : "";
}

uint32_t notice_version(void)
{
    return crc32c(0, data_notices, sizeof data_notices);
}

static const char *purpose_text(const struct data_field *field)
{
    for (size_t i = 0; i < ARRAY_LENGTH(purposes); i++) {
        if (strcmp(purposes[i].name, field->purpose) == 0)
            return purposes[i].text;
    }
    return field->purpose;
}

/* Keys and values of a map say nothing that the map has not said. */
static bool is_told(const struct data_field *field)
{
    return !strchr(field->message, '.');
}

static void wrap(FILE *out, const char *text, unsigned indent, unsigned width)
{
    fprintf(out, "%*s", (int)indent, "");
    terminal_wrap(out, text, indent, width);
}

static void text_field(FILE *out, const struct data_field *field,
                       unsigned width)
{
    fprintf(out, "%*s%s\n", INDENT_NAME, "", field->json_name);
    wrap(out, field->comment, INDENT_DETAIL, width);
    fprintf(out, "%*s%s, %u days, %s\n", INDENT_DETAIL, "",
            data_class_name(field->class), field->retention_days,
            field->purpose);
    if (strcmp(field->example, "{…}") == 0)
        return; /* a message: its fields have theirs */
    fprintf(out, "%*se.g. ", INDENT_DETAIL, "");
    terminal_wrap(out, field->example, EXAMPLE_COLUMN, width);
}

void notice_text(FILE *out, unsigned width)
{
    const char *message = "";

    if (width < NOTICE_WIDTH_MIN)
        width = NOTICE_WIDTH_MIN;
    fprintf(out, "Privacy notice, version %08x\n\n", notice_version());
    for (size_t i = 0; i < ARRAY_LENGTH(paragraphs); i++) {
        wrap(out, paragraphs[i], 0, width);
        fputc('\n', out);
    }
    for (int i = CLASS_REQUIRED; i < CLASS_COUNT; i++) {
        enum data_class class = (enum data_class)i;
        fprintf(out, "%s\n", data_class_name(class));
        wrap(out, notice_what(class), INDENT_NAME, width);
        fprintf(out, "%*sleaves: ", INDENT_NAME, "");
        terminal_wrap(out, notice_leaves(class), LEAVES_COLUMN, width);
    }
    for (size_t i = 0; i < data_field_count; i++) {
        const struct data_field *field = &data_fields[i];
        if (!is_told(field))
            continue;
        if (strcmp(message, field->message) != 0)
            fprintf(out, "\n%s\n", field->message);
        message = field->message;
        text_field(out, field, width);
    }
}

/* In a cell of a table a bar would end it. */
static void cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|' || *text == '<')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void markdown_field(FILE *out, const struct data_field *field)
{
    fprintf(out, "| `%s` | %s | %s | %u days | ", field->json_name,
            data_class_name(field->class), field->purpose,
            field->retention_days);
    if (field->example[0] != '\0') {
        fputc('`', out);
        fputs(field->example, out);
        fputc('`', out);
    }
    fputs(" | ", out);
    cell(out, field->comment);
    fputs(" |\n", out);
}

static void markdown_classes(FILE *out)
{
    fputs("| class | what | leaves the machine | notice |\n|---|---|---|---|\n",
          out);
    for (int i = CLASS_REQUIRED; i < CLASS_COUNT; i++) {
        enum data_class class = (enum data_class)i;
        fprintf(out, "| %s | %s | %s | %08x |\n", data_class_name(class),
                notice_what(class), notice_leaves(class), data_notices[class]);
    }
    fputs("\n## Purposes\n\n| purpose | is to |\n|---|---|\n", out);
    for (size_t i = 0; i < ARRAY_LENGTH(purposes); i++)
        fprintf(out, "| %s | %s |\n", purposes[i].name, purposes[i].text);
}

void notice_markdown(FILE *out)
{
    const char *message = "";

    fprintf(out,
            "# Privacy notice and data inventory\n\n"
            "Version %08x. Made of the schema by `inquest privacy --markdown`; "
            "do not edit.\n\n",
            notice_version());
    for (size_t i = 0; i < ARRAY_LENGTH(paragraphs); i++) {
        cell(out, paragraphs[i]);
        fputs("\n\n", out);
    }
    fputs("## Classes\n\n", out);
    markdown_classes(out);
    fputs("\n## Fields\n", out);
    for (size_t i = 0; i < data_field_count; i++) {
        const struct data_field *field = &data_fields[i];
        if (!is_told(field))
            continue;
        if (strcmp(message, field->message) != 0) {
            fprintf(out,
                    "\n### %s\n\n| field | class | purpose | kept | example | "
                    "what it is |\n|---|---|---|---|---|---|\n",
                    field->message);
        }
        message = field->message;
        markdown_field(out, field);
    }
}

static json_t *hex(uint32_t value)
{
    char text[HEX_TEXT];

    snprintf(text, sizeof text, "%08x", value);
    return json_string(text);
}

json_t *notice_json(void)
{
    json_t *fields = json_array();
    json_t *by_class = json_object();

    for (int i = CLASS_REQUIRED; i < CLASS_COUNT; i++) {
        enum data_class class = (enum data_class)i;
        json_object_set_new(by_class, data_class_name(class),
                            json_pack("{s:s,s:s,s:o}", "what",
                                      notice_what(class), "leaves",
                                      notice_leaves(class), "noticeVersion",
                                      hex(data_notices[class])));
    }
    for (size_t i = 0; i < data_field_count; i++) {
        const struct data_field *field = &data_fields[i];
        if (!is_told(field))
            continue;
        json_array_append_new(
            fields,
            json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:s}", "message",
                      field->message, "field", field->json_name, "class",
                      data_class_name(field->class), "purpose", field->purpose,
                      "purposeText", purpose_text(field), "retentionDays",
                      (int)field->retention_days, "example", field->example,
                      "comment", field->comment));
    }
    return json_pack("{s:o,s:o,s:o}", "noticeVersion", hex(notice_version()),
                     "classes", by_class, "fields", fields);
}
