/*
 * A dead process made by hand, for the dumper's readers: a box whose copied
 * stack is the memory, BOX_STACK_BYTES from dead_base() on, and whose list of
 * mappings is as told. Context: tool.
 */
#ifndef INQUEST_TESTS_UNIT_DEAD_H
#define INQUEST_TESTS_UNIT_DEAD_H

#include <stddef.h>
#include <stdint.h>

#include "handler/dumper/target.h"
#include "proto/box.h"

/* Nothing is at this offset from the base, nor near it. */
#define DEAD_NOWHERE 0x40000000u

/* An empty one. Its base is another one each time, for what the dumper has
 * read once it does not read again. */
struct box *dead_begin(void);
uint64_t dead_base(void);

/* Where the bytes at this offset from the base are made. */
void *dead_at(size_t offset);
void dead_put_u64(size_t offset, uint64_t value);

/* One line of maps, with offsets from the base: rights as "r-xp". */
void dead_map(size_t begin, size_t end, const char *rights,
              const char *file_and_path);

/* The target, with its mappings and modules read. */
struct target *dead_open(void);

/* Where dead_elf puts what it makes. */
enum dead_elf {
    DEAD_HEADERS = 64,
    DEAD_HEADER_NOTES = DEAD_HEADERS,
    DEAD_HEADER_LOAD = DEAD_HEADERS + 56,
    DEAD_HEADER_DYNAMIC = DEAD_HEADERS + 2 * 56,
    DEAD_HEADER_FRAMES = DEAD_HEADERS + 3 * 56,
    DEAD_NOTE_OTHER = 0x800, /* 32 bytes, then the build-id's */
    DEAD_NOTE_ID = 0x820,
    DEAD_NOTES_END = 0x844,
    DEAD_DYNAMIC = 0x1000, /* hash, symbols, strings, end */
    DEAD_HASH = 0x1400,    /* one bucket, first symbol 1, one bloom word */
    DEAD_BUCKET = DEAD_HASH + 16 + 8,
    DEAD_CHAIN = DEAD_BUCKET + 4, /* of two: "other", then the name */
    DEAD_SYMBOLS = 0x1800,
    DEAD_STRINGS = 0x1c00,
    DEAD_STRING_NAME = DEAD_STRINGS + 8,
    DEAD_CODE = 0x3000, /* where the symbol is, 48 bytes long */
    DEAD_ELF_END = 0x4000
};

/* Where dead_exception puts what it makes. */
enum dead_exception {
    DEAD_LEA = DEAD_CODE + 8, /* of the index */
    DEAD_ADD = DEAD_CODE + 20,
    DEAD_TLS_INDEX = 0x4000,
    DEAD_SLOT = 0x4fc0, /* in static TLS: points to the header too */
    DEAD_THREAD = 0x5000,
    DEAD_VECTOR = 0x5100,
    DEAD_BLOCK = 0x5200,
    DEAD_GLOBALS = DEAD_BLOCK + 0x10,
    DEAD_HEADER = 0x6000, /* type, landing pad 64, class 80, object 112 */
    DEAD_LANDING = DEAD_HEADER + 64,
    DEAD_CLASS = DEAD_HEADER + 80,
    DEAD_MESSAGE = DEAD_HEADER + 120, /* the pointer to it */
    DEAD_TYPE = 0x6200,               /* at 8 its name, at 16 its base */
    DEAD_BASE = 0x6240,
    DEAD_NAME = 0x6300,      /* "7MyError" */
    DEAD_BASE_NAME = 0x6340, /* "St13runtime_error" */
    DEAD_TEXT = 0x6380,      /* "boom" */
};

/* An exception of the thread at DEAD_THREAD that nobody catches, as libstdc++
 * keeps it, and the code of __cxa_get_globals_fast at DEAD_CODE. */
void dead_exception(void);

/* Puts an ELF file at the base, which defines the symbol name, with a build-id
 * of 20 times 0xab, and maps it as path. */
void dead_elf(const char *name, const char *path);

#endif
