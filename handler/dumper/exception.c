/* An exception in foreign memory. Context: tool. */
#include "handler/dumper/exception.h"

#include <string.h>

#include "handler/dumper/target_symbol.h"

/* struct __cxa_exception on 64 bits; the thrown object comes right behind. */
#define HEADER_BYTES  112 /* sizeof(__cxa_exception) */
#define BASES_MAX     16
#define TYPE_NAME_AT  8  /* type_info: vtable, name */
#define TYPE_BASE_AT  16 /* __si_class_type_info: the one base */
#define MESSAGE_AT    8  /* behind the vtable pointer */
#define CLASS_GNUCCXX 0x474e5543432b2b00ull /* "GNUCC++\\0" */
#define CLASS_AT      80                    /* unwindHeader.exception_class */
#define LANDING_AT    64                    /* catchTemp: the landing pad */
#define DEPENDENT     1 /* in the class: of std::rethrow_exception */

#define CODE_BYTES         48
#define VECTOR_AT          8 /* tcbhead_t: tcb, dtv */
#define VECTOR_ENTRY_BYTES 16
#define TLS_MODULES_MAX    65536
#define STATIC_TLS_BYTES   4096 /* searched, below the thread pointer */

static bool read_string(struct target *target, uint64_t address, char *text,
                        size_t capacity)
{
    size_t size = target_read(target, address, text, capacity - 1);

    text[size] = '\0';
    return size > 0;
}

static bool type_name(struct target *target, uint64_t type, char *name,
                      size_t capacity)
{
    uint64_t address;

    if (!target_read_u64(target, type + TYPE_NAME_AT, &address) ||
        !read_string(target, address, name, capacity))
        return false;
    if (name[0] == '*') /* compared by address, not by text */
        memmove(name, name + 1, strlen(name));
    return true;
}

/* Whether type is, or singly derives from, one that keeps its text. */
static bool keeps_message(struct target *target, uint64_t type)
{
    char name[EXCEPTION_TYPE_BYTES];

    for (int i = 0; i < BASES_MAX; i++) {
        if (!type_name(target, type, name, sizeof name))
            return false;
        if (strcmp(name, "St13runtime_error") == 0 ||
            strcmp(name, "St11logic_error") == 0)
            return true;
        if (strcmp(name, "St9exception") == 0 ||
            !target_read_u64(target, type + TYPE_BASE_AT, &type))
            return false;
    }
    return false;
}

/*
 * __cxa_get_globals_fast: lea index(%rip), %rdi; call __tls_get_addr; add
 * offset, %rax. *ret_index: the tls_index; *ret_offset: what is added.
 */
static bool decode_globals(struct target *target, uint64_t function,
                           uint64_t *ret_index, uint64_t *ret_offset)
{
    static const uint8_t lea[] = {0x48, 0x8d, 0x3d};
    static const uint8_t add[] = {0x48, 0x05};
    uint8_t code[CODE_BYTES];
    int32_t displacement;

    if (target_read(target, function, code, sizeof code) != sizeof code)
        return false;
    const uint8_t *at = memmem(code, sizeof code - 4, lea, sizeof lea);
    const uint8_t *sum = memmem(code, sizeof code - 4, add, sizeof add);
    if (!at || !sum || sum < at)
        return false;
    memcpy(&displacement, at + sizeof lea, sizeof displacement);
    *ret_index = function + (uint64_t)(at - code) + sizeof lea +
                 sizeof displacement + (uint64_t)(int64_t)displacement;
    memcpy(&displacement, sum + sizeof add, sizeof displacement);
    *ret_offset = (uint64_t)(int64_t)displacement;
    return true;
}

/* The address of the thread's __cxa_eh_globals. */
static bool find_globals(struct target *target,
                         const struct target_module *library,
                         uint64_t thread_pointer, uint64_t *ret_globals)
{
    struct target_symbol function;
    uint64_t index;
    uint64_t offset;
    uint64_t module;
    uint64_t vector;
    uint64_t block;

    if (!target_symbol_find(target, library, "__cxa_get_globals_fast",
                            &function) ||
        !decode_globals(target, function.begin, &index, &offset) ||
        !target_read_u64(target, index, &module) || module > TLS_MODULES_MAX ||
        !target_read_u64(target, thread_pointer + VECTOR_AT, &vector) ||
        !target_read_u64(target, vector + module * VECTOR_ENTRY_BYTES,
                         &block) ||
        block == UINT64_MAX)
        return false;
    *ret_globals = block + offset;
    return true;
}

/* The header of the exception that a header is about: its own, but for one that
 * was thrown again from a std::exception_ptr, which only points to it. */
static bool find_primary(struct target *target, uint64_t header,
                         uint64_t *ret_primary)
{
    uint64_t class = 0;
    uint64_t object = 0;

    *ret_primary = header;
    if (!target_read_u64(target, header + CLASS_AT, &class) ||
        class >> 8 != CLASS_GNUCCXX >> 8)
        return false;
    if ((class & 0xff) != DEPENDENT)
        return true;
    if (!target_read_u64(target, header, &object))
        return false;
    *ret_primary = object - HEADER_BYTES;
    return target_read_u64(target, *ret_primary + CLASS_AT, &class) &&
           class == CLASS_GNUCCXX;
}

/* An exception of C++ behind the pointer to its header: type and text. */
static bool read_exception(struct target *target, uint64_t header,
                           struct exception *ret_exception)
{
    uint64_t type = 0;
    uint64_t message = 0;

    if (!find_primary(target, header, &header) ||
        !target_read_u64(target, header, &type) ||
        !type_name(target, type, ret_exception->type,
                   sizeof ret_exception->type))
        return false;
    if (keeps_message(target, type) &&
        target_read_u64(target, header + HEADER_BYTES + MESSAGE_AT, &message) &&
        !read_string(target, message, ret_exception->message,
                     sizeof ret_exception->message))
        ret_exception->message[0] = '\0';
    return true;
}

enum exception_state exception_read(struct target *target,
                                    const struct target_module *library,
                                    uint64_t thread_pointer,
                                    struct exception *ret_exception,
                                    bool *ret_caught)
{
    uint64_t globals = 0;
    uint64_t header = 0;
    uint64_t landing = 0;

    *ret_exception = (struct exception){0};
    if (!find_globals(target, library, thread_pointer, &globals) ||
        !target_read_u64(target, globals, &header))
        return EXCEPTION_UNKNOWN;
    if (header == 0)
        return EXCEPTION_NONE;
    if (!read_exception(target, header, ret_exception) ||
        !target_read_u64(target, header + LANDING_AT, &landing))
        return EXCEPTION_UNKNOWN;
    *ret_caught = landing != 0;
    return EXCEPTION_FOUND;
}

bool exception_search(struct target *target, uint64_t thread_pointer,
                      struct exception *ret_exception, bool *ret_caught)
{
    for (uint64_t at = thread_pointer - STATIC_TLS_BYTES; at < thread_pointer;
         at += sizeof at) {
        uint64_t header = 0;
        uint64_t landing = 0;
        *ret_exception = (struct exception){0};
        if (target_read_u64(target, at, &header) && header != 0 &&
            header % sizeof header == 0 &&
            read_exception(target, header, ret_exception) &&
            target_read_u64(target, header + LANDING_AT, &landing)) {
            *ret_caught = landing != 0;
            return true;
        }
    }
    return false;
}
