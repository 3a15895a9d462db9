/* One line of a report. Context: tool. */
#include "reporter/show/headline.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *headline_kind(const Inquest__V1__Report *report)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &inquest__v1__kind__descriptor, (int)report->kind);

    return value ? value->name : "?";
}

const char *headline_app(const Inquest__V1__Report *report)
{
    if (report->app && report->app->name[0] != '\0')
        return report->app->name;
    if (!report->process || report->process->executable[0] == '\0')
        return "?";
    const char *slash = strrchr(report->process->executable, '/');
    return slash ? slash + 1 : report->process->executable;
}

void headline_make_printable(char *text)
{
    unsigned char before = 0;

    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        /* U+0080 to U+009F are controls too: 0xc2 0x80 to 0xc2 0x9f. */
        bool second = before == 0xc2 && byte >= 0x80 && byte <= 0x9f;
        before = byte;
        if (byte < ' ' || byte == 0x7f) {
            *text = ' ';
        } else if (second) {
            *text = (char)0xa0; /* a blank of the same length */
        }
    }
}

static void crash_cause(const Inquest__V1__Crash *crash, char *line)
{
    const char *why = "";

    if (crash->exception && crash->exception->type[0] != '\0')
        why = crash->exception->type;
    if (crash->abort_message[0] != '\0')
        why = crash->abort_message;
    if (crash->cause[0] != '\0')
        why = crash->cause;
    snprintf(line, HEADLINE_BYTES, "%s%s%.200s",
             crash->signal ? crash->signal->name : "",
             crash->signal && *why ? ": " : "", why);
}

static void termination_cause(const Inquest__V1__Termination *termination,
                              char *line)
{
    const ProtobufCEnumValue *cause = protobuf_c_enum_descriptor_get_value(
        &inquest__v1__termination_cause__descriptor, (int)termination->cause);
    const ProtobufCEnumValue *grade = protobuf_c_enum_descriptor_get_value(
        &inquest__v1__grade__descriptor, (int)termination->grade);

    snprintf(line, HEADLINE_BYTES, "%s, evidence of grade %s%s%.150s",
             cause ? cause->name : "?", grade ? grade->name : "?",
             termination->n_evidence > 0 ? ": " : "",
             termination->n_evidence > 0 ? termination->evidence[0] : "");
}

void headline_cause(const Inquest__V1__Report *report,
                    char ret_line[HEADLINE_BYTES])
{
    ret_line[0] = '\0';
    if (report->crash) {
        crash_cause(report->crash, ret_line);
    } else if (report->termination) {
        termination_cause(report->termination, ret_line);
    } else if (report->alarm) {
        snprintf(ret_line, HEADLINE_BYTES, "%.60s: %.150s", report->alarm->rule,
                 report->alarm->detail);
    } else if (report->kind == INQUEST__V1__KIND__SNAPSHOT) {
        snprintf(ret_line, HEADLINE_BYTES, "%zu threads", report->n_threads);
    } else if (report->detection) {
        snprintf(ret_line, HEADLINE_BYTES, "%.100s %.50s",
                 report->detection->domain, report->detection->ip_address);
    } else if (report->feedback) {
        snprintf(ret_line, HEADLINE_BYTES, "%.200s", report->feedback->comment);
    }
    headline_make_printable(ret_line);
}

void headline_write(const Inquest__V1__Report *report,
                    char ret_line[HEADLINE_BYTES])
{
    char cause[HEADLINE_BYTES];

    headline_cause(report, cause);
    snprintf(ret_line, HEADLINE_BYTES, "%.60s %.180s", headline_app(report),
             cause);
    headline_make_printable(ret_line);
}
