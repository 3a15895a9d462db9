/*
 * The instructions at the crash in words, from the bytes that the report
 * holds: decoded here, in the reader, by Zydis. Context: tool.
 */
#ifndef INQUEST_REPORTER_DISASSEMBLE_H
#define INQUEST_REPORTER_DISASSEMBLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define DISASSEMBLY_LINES_MAX 6
#define DISASSEMBLY_TEXT      128
#define DISASSEMBLY_WORDS     200
#define DISASSEMBLY_BYTES_MAX 256 /* of a report that are looked at */

struct disassembly {
    size_t count;
    struct {
        uint64_t address;
        char text[DISASSEMBLY_TEXT]; /* "mov dword ptr [rax], 0x01" */
    } lines[DISASSEMBLY_LINES_MAX];
    /* What the first of them did, with the registers' values: "writes 4 bytes
     * at 0x10 (rax = 0x10)"; "": nothing that explains the signal. */
    char words[DISASSEMBLY_WORDS];
};

/*
 * From the crashing instruction to the end of its function, at most
 * DISASSEMBLY_LINES_MAX. count 0: the report has no bytes, or its signal was
 * sent, so that the instruction had no part in it.
 */
void disassemble(const json_t *report, struct disassembly *ret_disassembly);

#endif
