/* Signal, cause, instruction: the crash part of a report. Context: tool. */
#include <string.h>

#include "handler/dumper/cause.h"
#include "handler/dumper/report_build.h"

#define NEAREST_BYTES     1024
#define INSTRUCTION_BYTES 64u

/* Of the others that part of siginfo is something else (sigaction(2)). */
static bool has_sender(const siginfo_t *info)
{
    return info->si_code == SI_USER || info->si_code == SI_QUEUE ||
           info->si_code == SI_TKILL || info->si_code == SI_MESGQ;
}

static Inquest__V1__Signal *build_signal(struct build *build,
                                         const siginfo_t *info)
{
    Inquest__V1__Signal *signal = build_alloc(build, sizeof *signal);

    if (!signal)
        return NULL;
    inquest__v1__signal__init(signal);
    signal->has_number_case = INQUEST__V1__SIGNAL__HAS_NUMBER_NUMBER;
    signal->number = (uint32_t)info->si_signo;
    signal->name = (char *)cause_signal_name(info->si_signo);
    signal->has_code_case = INQUEST__V1__SIGNAL__HAS_CODE_CODE;
    signal->code = info->si_code;
    const char *code = cause_code_name(info->si_signo, info->si_code);
    if (code)
        signal->code_name = (char *)code;
    if (cause_has_address(info)) {
        signal->has_fault_address_case =
            INQUEST__V1__SIGNAL__HAS_FAULT_ADDRESS_FAULT_ADDRESS;
        signal->fault_address = (uint64_t)info->si_addr;
    }
    if (has_sender(info)) {
        signal->has_sender_pid_case =
            INQUEST__V1__SIGNAL__HAS_SENDER_PID_SENDER_PID;
        signal->sender_pid = (uint32_t)info->si_pid;
        signal->has_sender_uid_case =
            INQUEST__V1__SIGNAL__HAS_SENDER_UID_SENDER_UID;
        signal->sender_uid = info->si_uid;
    }
    return signal;
}

static void build_nearest(struct build *build, Inquest__V1__Crash *crash,
                          const siginfo_t *info)
{
    char bytes[NEAREST_BYTES];
    struct text text = text_init(bytes, sizeof bytes);

    if (!cause_has_address(info) ||
        (info->si_signo != SIGSEGV && info->si_signo != SIGBUS))
        return; /* of the others it is the pc */
    cause_nearest_mapping(build->target, (uint64_t)info->si_addr, &text);
    crash->nearest_mapping = build_string(build, bytes, sizeof bytes);
}

/* Only of files: code that the program wrote itself may hold its data. */
static bool is_file_text(const struct target *target, uint64_t address)
{
    const struct target_mapping *mapping = target_mapping_at(target, address);

    return mapping && mapping->executable && !mapping->writable &&
           (mapping->path[0] == '/' || strcmp(mapping->path, "[vdso]") == 0);
}

static void build_instruction(struct build *build, Inquest__V1__Crash *crash)
{
    uint64_t address = cause_instruction(build->target, &build->box->crash);

    if (!is_file_text(build->target, address))
        return;
    uint8_t *bytes = build_alloc(build, INSTRUCTION_BYTES);
    if (!bytes)
        return;
    const struct target_mapping *mapping =
        target_mapping_at(build->target, address);
    size_t size = mapping->end - address < INSTRUCTION_BYTES
                      ? mapping->end - address
                      : INSTRUCTION_BYTES;
    size = target_read(build->target, address, bytes, size);
    if (size == 0)
        return;
    crash->instruction_bytes = (ProtobufCBinaryData){size, bytes};
    crash->has_instruction_address_case =
        INQUEST__V1__CRASH__HAS_INSTRUCTION_ADDRESS_INSTRUCTION_ADDRESS;
    crash->instruction_address = address;
}

/* The report tells of the first signal; the death is by the last one. */
static void note_nested(struct build *build)
{
    const struct box_crash *record = &build->box->crash;
    const struct target_module *module =
        target_module_at(build->target, record->nested_pc);
    char bytes[NEAREST_BYTES];
    struct text text = text_init(bytes, sizeof bytes);

    if (record->nested_signal == 0)
        return;
    text_append(&text, "the program's handler of this signal ended in turn "
                       "with ");
    text_append(&text, cause_signal_name((int)record->nested_signal));
    text_append(&text, ", at");
    cause_append_address(&text, module ? record->nested_pc - module->load_bias
                                       : record->nested_pc);
    if (module) {
        text_append(&text, " in ");
        text_append(&text, module->path);
    }
    build_note(build, bytes);
}

void build_crash(struct build *build)
{
    const struct box_crash *record = &build->box->crash;
    Inquest__V1__Crash *crash = build_alloc(build, sizeof *crash);
    char sentence_bytes[1024];
    struct text sentence = text_init(sentence_bytes, sizeof sentence_bytes);
    siginfo_t info;

    if (!crash)
        return;
    memcpy(&info, record->siginfo, sizeof info);
    inquest__v1__crash__init(crash);
    build->report.crash = crash;
    crash->signal = build_signal(build, &info);
    crash->access = cause_access(record);
    cause_sentence(build->target, record, &sentence);
    crash->cause = build_string(build, sentence_bytes, sizeof sentence_bytes);
    crash->abort_message = build_string(build, record->abort_message,
                                        sizeof record->abort_message);
    crash->phase = (Inquest__V1__Phase)record->phase;
    note_nested(build);
    build_nearest(build, crash, &info);
    build_instruction(build, crash);
    if (info.si_signo == SIGSYS && info.si_code > 0) {
        crash->has_system_call_case =
            INQUEST__V1__CRASH__HAS_SYSTEM_CALL_SYSTEM_CALL;
        crash->system_call = (uint64_t)info.si_syscall;
    }
}
