/* Zydis decodes; what it did is told from registers. Context: tool. */
#include "reporter/show/disassemble.h"

#include <Zydis/Zydis.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "reporter/show/view.h"

#define USER_TOP   0x00007fffffffffffull /* canonical, and not the kernel's */
#define KERNEL_LOW 0xffff800000000000ull

struct crash_point {
    const json_t *registers;
    uint8_t bytes[DISASSEMBLY_BYTES_MAX];
    size_t size;
    uint64_t address;
    uint64_t fault_address;
    bool has_fault_address;
};

struct decoded {
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t parse_hex(const char *text, uint8_t *bytes, size_t capacity)
{
    size_t size = 0;

    while (size < capacity && hex_digit(text[0]) >= 0 &&
           hex_digit(text[1]) >= 0) {
        bytes[size++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
        text += 2;
    }
    return size;
}

static const json_t *crashed_registers(const json_t *report)
{
    const json_t *threads = json_object_get(report, "threads");

    for (size_t i = 0; i < json_array_size(threads); i++) {
        const json_t *thread = json_array_get(threads, i);
        if (json_is_true(json_object_get(thread, "crashed")))
            return json_object_get(thread, "registers");
    }
    return NULL;
}

/* Not by the instruction: si_code of sigaction(2) is 0 or below. */
static bool was_sent(const json_t *signal)
{
    const json_t *code = json_object_get(signal, "code");

    return json_object_get(signal, "senderPid") ||
           (json_is_integer(code) && json_integer_value(code) <= 0);
}

static bool read_point(const json_t *report, struct crash_point *point)
{
    const json_t *crash = json_object_get(report, "crash");
    const json_t *signal = json_object_get(crash, "signal");

    *point = (struct crash_point){.registers = crashed_registers(report)};
    if (was_sent(signal))
        return false;
    point->size = parse_hex(view_text(crash, "instructionBytes"), point->bytes,
                            sizeof point->bytes);
    point->has_fault_address =
        view_number(signal, "faultAddress", &point->fault_address);
    return view_number(crash, "instructionAddress", &point->address);
}

static bool decode(const struct crash_point *point, size_t at,
                   struct decoded *decoded)
{
    ZydisDecoder decoder;

    return ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
                                         ZYDIS_STACK_WIDTH_64)) &&
           ZYAN_SUCCESS(ZydisDecoderDecodeFull(
               &decoder, point->bytes + at, point->size - at,
               &decoded->instruction, decoded->operands));
}

/* As people write it: small letters, no zeros in front. */
static bool make_formatter(ZydisFormatter *formatter)
{
    static const struct {
        ZydisFormatterProperty property;
        ZyanUPointer value;
    } wishes[] = {
        {ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE},
        {ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED},
        {ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE, ZYDIS_PADDING_DISABLED},
        {ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED},
        {ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED},
    };

    if (ZYAN_FAILED(ZydisFormatterInit(formatter, ZYDIS_FORMATTER_STYLE_INTEL)))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(wishes); i++) {
        if (ZYAN_FAILED(ZydisFormatterSetProperty(formatter, wishes[i].property,
                                                  wishes[i].value)))
            return false;
    }
    return true;
}

static void format(const struct decoded *decoded, uint64_t address,
                   char text[DISASSEMBLY_TEXT])
{
    ZydisFormatter formatter;

    if (!make_formatter(&formatter) ||
        ZYAN_FAILED(ZydisFormatterFormatInstruction(
            &formatter, &decoded->instruction, decoded->operands,
            decoded->instruction.operand_count_visible, text, DISASSEMBLY_TEXT,
            address, NULL)))
        text[0] = '\0';
}

/* What a register holds that is a part of a larger one: eax, ax, al, ah. */
static uint64_t part_of(ZydisRegister number, uint64_t whole)
{
    ZydisRegisterWidth bits =
        ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, number);
    bool second = number >= ZYDIS_REGISTER_AH && number <= ZYDIS_REGISTER_BH;

    if (second)
        whole >>= 8;
    return bits > 0 && bits < 64 ? whole & ((1ull << bits) - 1) : whole;
}

static bool register_value(const struct crash_point *point,
                           ZydisRegister number, uint64_t *ret_value)
{
    ZydisRegister whole =
        ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, number);
    const char *name = ZydisRegisterGetString(whole);
    uint64_t value = 0;

    if (!name || !view_number(point->registers, name, &value))
        return false;
    *ret_value = part_of(number, value);
    return true;
}

/* Where the operand lies. False: a register it is made of is not known. */
static bool operand_address(const struct crash_point *point,
                            const struct decoded *decoded,
                            const ZydisDecodedOperand *operand,
                            uint64_t *ret_address)
{
    const ZydisDecodedOperandMem *memory = &operand->mem;
    uint64_t address = (uint64_t)memory->disp.value;
    uint64_t value = 0;

    if (memory->segment == ZYDIS_REGISTER_FS ||
        memory->segment == ZYDIS_REGISTER_GS)
        return false;
    if (memory->base == ZYDIS_REGISTER_RIP) {
        address += point->address + decoded->instruction.length;
    } else if (memory->base != ZYDIS_REGISTER_NONE) {
        if (!register_value(point, memory->base, &value))
            return false;
        address += value;
    }
    if (memory->index != ZYDIS_REGISTER_NONE) {
        if (!register_value(point, memory->index, &value))
            return false;
        address += value * memory->scale;
    }
    /* A push stores below the stack pointer. */
    if (operand->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
        memory->base == ZYDIS_REGISTER_RSP &&
        (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
        address -= operand->size / 8;
    *ret_address = address;
    return true;
}

static bool explains(const struct crash_point *point, uint64_t address,
                     uint64_t size)
{
    if (!point->has_fault_address)
        return address > USER_TOP && address < KERNEL_LOW;
    return point->fault_address - address < (size > 0 ? size : 1);
}

static int append_value(const struct crash_point *point, ZydisRegister number,
                        const char *before, char *text, size_t capacity)
{
    uint64_t value = 0;

    if (number == ZYDIS_REGISTER_NONE || number == ZYDIS_REGISTER_RIP ||
        !register_value(point, number, &value))
        return 0;
    int size = snprintf(text, capacity, "%s%s = 0x%" PRIx64, before,
                        ZydisRegisterGetString(number), value);
    return size > 0 && (size_t)size < capacity ? size : 0;
}

static void say_access(const struct crash_point *point,
                       const ZydisDecodedOperand *operand, uint64_t address,
                       char words[DISASSEMBLY_WORDS])
{
    bool writes = operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
    bool reads = operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
    bool canonical = address <= USER_TOP || address >= KERNEL_LOW;
    int size =
        snprintf(words, DISASSEMBLY_WORDS, "%s %u byte%s at 0x%" PRIx64 "%s",
                 writes && reads ? "reads and writes"
                 : writes        ? "writes"
                                 : "reads",
                 operand->size / 8, operand->size == 8 ? "" : "s", address,
                 canonical ? "" : ", which is not canonical");

    int open = append_value(point, operand->mem.base, " (", words + size,
                            DISASSEMBLY_WORDS - (size_t)size);
    size += open;
    int more = append_value(point, operand->mem.index, open ? ", " : " (",
                            words + size, DISASSEMBLY_WORDS - (size_t)size);
    size += more;
    if (open || more)
        snprintf(words + size, DISASSEMBLY_WORDS - (size_t)size, ")");
}

static void say_division(const struct crash_point *point,
                         const struct decoded *decoded,
                         char words[DISASSEMBLY_WORDS])
{
    const ZydisDecodedOperand *divisor = &decoded->operands[0];

    if ((decoded->instruction.mnemonic == ZYDIS_MNEMONIC_DIV ||
         decoded->instruction.mnemonic == ZYDIS_MNEMONIC_IDIV) &&
        divisor->type == ZYDIS_OPERAND_TYPE_REGISTER) {
        (void)append_value(point, divisor->reg.value, "divides by ", words,
                           DISASSEMBLY_WORDS);
    }
}

static void explain(const struct crash_point *point,
                    const struct decoded *decoded,
                    char words[DISASSEMBLY_WORDS])
{
    for (uint8_t i = 0; i < decoded->instruction.operand_count; i++) {
        const ZydisDecodedOperand *operand = &decoded->operands[i];
        uint64_t address = 0;
        if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
            operand->mem.type == ZYDIS_MEMOP_TYPE_MEM &&
            operand_address(point, decoded, operand, &address) &&
            explains(point, address, operand->size / 8)) {
            say_access(point, operand, address, words);
            return;
        }
    }
    say_division(point, decoded, words);
}

static bool ends_function(const struct decoded *decoded)
{
    return decoded->instruction.meta.category == ZYDIS_CATEGORY_RET ||
           decoded->instruction.mnemonic == ZYDIS_MNEMONIC_JMP ||
           decoded->instruction.mnemonic == ZYDIS_MNEMONIC_UD2 ||
           decoded->instruction.mnemonic == ZYDIS_MNEMONIC_HLT;
}

void disassemble(const json_t *report, struct disassembly *ret_disassembly)
{
    struct crash_point point;
    struct decoded decoded;

    *ret_disassembly = (struct disassembly){0};
    if (!read_point(report, &point))
        return;
    for (size_t at = 0; ret_disassembly->count < DISASSEMBLY_LINES_MAX &&
                        decode(&point, at, &decoded);
         at += decoded.instruction.length) {
        size_t line = ret_disassembly->count++;
        ret_disassembly->lines[line].address = point.address + at;
        format(&decoded, point.address + at, ret_disassembly->lines[line].text);
        if (line == 0)
            explain(&point, &decoded, ret_disassembly->words);
        if (ends_function(&decoded))
            return;
    }
}
