/*
 * An ELF file in a process's memory, and its list of mappings, one thing in it
 * damaged at a time: what can still be told is, nothing is made up, nothing
 * beyond is read. Context: tool.
 */
#include "tests/unit/support.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "handler/dumper/target_symbol.h"
#include "proto/base/fd.h"
#include "tests/unit/dead.h"

#define NAME "wanted_symbol"
#define PATH "/opt/app/libapp.so"

enum outcome { FOUND, NO_SYMBOL, NO_ID, NO_MODULE };

struct damage {
    const char *what;
    size_t at;
    uint64_t value;
    size_t bytes; /* of value */
    enum outcome outcome;
};

#define EHDR(field) offsetof(Elf64_Ehdr, field)
#define PHDR(field) offsetof(Elf64_Phdr, field)
#define NHDR(field) offsetof(Elf64_Nhdr, field)
#define SYMBOL      (DEAD_SYMBOLS + 2 * sizeof(Elf64_Sym))
#define ENTRY(n)    (DEAD_DYNAMIC + (n) * sizeof(Elf64_Dyn))

static const struct damage damages[] = {
    {"nothing", 0x3800, 0, 1, FOUND},
    {"magic", 1, 'X', 1, NO_MODULE},
    {"32 bits", EI_CLASS, ELFCLASS32, 1, NO_MODULE},
    {"too many headers", EHDR(e_phnum), 65, 2, NO_MODULE},
    {"headers of another size", EHDR(e_phentsize), 32, 2, NO_MODULE},
    {"headers nowhere", EHDR(e_phoff), DEAD_NOWHERE, 8, NO_MODULE},
    {"headers beyond 2^64", EHDR(e_phoff), UINT64_MAX - 64, 8, NO_MODULE},
    {"no header", EHDR(e_phnum), 0, 2, NO_ID},
    {"no header of notes", DEAD_HEADER_NOTES, PT_NULL, 4, NO_ID},
    {"notes nowhere", DEAD_HEADER_NOTES + PHDR(p_vaddr), DEAD_NOWHERE, 8,
     NO_ID},
    {"notes without an end", DEAD_HEADER_NOTES + PHDR(p_memsz), UINT64_MAX, 8,
     FOUND},
    {"notes cut", DEAD_HEADER_NOTES + PHDR(p_memsz),
     DEAD_NOTES_END - DEAD_NOTE_OTHER - 1, 8, NO_ID},
    {"first note too long", DEAD_NOTE_OTHER + NHDR(n_descsz), 0x10000, 4,
     NO_ID},
    {"first name of 2^32", DEAD_NOTE_OTHER + NHDR(n_namesz), UINT32_MAX, 4,
     NO_ID},
    {"id of 2^32", DEAD_NOTE_ID + NHDR(n_descsz), UINT32_MAX, 4, NO_ID},
    {"id not GNU's", DEAD_NOTE_ID + sizeof(Elf64_Nhdr), 'H', 1, NO_ID},
    {"id's name too long", DEAD_NOTE_ID + NHDR(n_namesz), 3, 4, NO_ID},
    {"no id", DEAD_NOTE_ID + NHDR(n_type), NT_GNU_ABI_TAG, 4, NO_ID},
    {"no dynamic section", DEAD_HEADER_DYNAMIC, PT_NULL, 4, NO_SYMBOL},
    {"dynamic section nowhere", DEAD_HEADER_DYNAMIC + PHDR(p_vaddr),
     DEAD_NOWHERE, 8, NO_SYMBOL},
    {"loaded elsewhere", DEAD_HEADER_LOAD + PHDR(p_vaddr), 0x10000000, 8,
     NO_ID},
    {"no hash", ENTRY(0), DT_DEBUG, 8, NO_SYMBOL},
    {"no symbols", ENTRY(1), DT_DEBUG, 8, NO_SYMBOL},
    {"no strings", ENTRY(2), DT_DEBUG, 8, NO_SYMBOL},
    {"hash not relocated", ENTRY(0) + 8, DEAD_HASH, 8, FOUND},
    {"hash nowhere", ENTRY(0) + 8, DEAD_NOWHERE, 8, NO_SYMBOL},
    {"symbols nowhere", ENTRY(1) + 8, DEAD_NOWHERE, 8, NO_SYMBOL},
    {"strings nowhere", ENTRY(2) + 8, DEAD_NOWHERE, 8, NO_SYMBOL},
    {"no buckets", DEAD_HASH, 0, 4, NO_SYMBOL},
    {"bloom words without end", DEAD_HASH + 8, UINT32_MAX, 4, NO_SYMBOL},
    {"bucket empty", DEAD_BUCKET, 0, 4, NO_SYMBOL},
    {"bucket leads nowhere", DEAD_BUCKET, UINT32_MAX, 4, NO_SYMBOL},
    {"chain ends before", DEAD_CHAIN, 1, 4, NO_SYMBOL},
    {"chain goes on", DEAD_CHAIN + 4, 0, 4, NO_SYMBOL},
    {"undefined", SYMBOL + offsetof(Elf64_Sym, st_shndx), SHN_UNDEF, 2,
     NO_SYMBOL},
    {"name nowhere", SYMBOL, DEAD_NOWHERE, 4, NO_SYMBOL},
    {"another name", DEAD_STRING_NAME, 'x', 1, NO_SYMBOL},
    {"longer name", DEAD_STRING_NAME + sizeof NAME - 1, 's', 1, NO_SYMBOL},
};

static void check(const struct damage *damage)
{
    struct target_symbol symbol = {0};

    (void)dead_begin();
    dead_elf(NAME, PATH);
    memcpy(dead_at(damage->at), &damage->value, damage->bytes);
    struct target *target = dead_open();
    enum outcome outcome =
        target->module_count == 0                 ? NO_MODULE
        : target->modules[0].build_id_bytes != 20 ? NO_ID
        : !target_symbol_find(target, target->modules, NAME, &symbol)
            ? NO_SYMBOL
            : FOUND;
    if (outcome != damage->outcome)
        fail_msg("%s: outcome %d", damage->what, (int)outcome);
    if (outcome == FOUND) {
        assert_int_equal(symbol.begin, dead_base() + DEAD_CODE);
        assert_int_equal(symbol.end, dead_base() + DEAD_CODE + 48);
    }
    if (outcome != NO_MODULE) {
        assert_string_equal(target->modules[0].path, PATH);
        assert_int_equal(target->modules[0].end, dead_base() + DEAD_ELF_END);
    }
}

static void what_is_damaged_is_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(damages); i++)
        check(&damages[i]);
}

static void only_a_file_that_is_read_from_its_start_is_a_module(void **state)
{
    static const struct {
        const char *rights, *file;
        bool module;
    } mappings[] = {
        {"r--p", "00000000 08:01 77 " PATH, true},
        {"r--p", "00000000 08:01 77 " PATH " (deleted)", true},
        {"---p", "00000000 08:01 77 " PATH, false},
        {"r--p", "00001000 08:01 77 " PATH, false},
        {"r--p", "00000000 00:00 0 ", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(mappings); i++) {
        struct box *box = dead_begin();
        dead_elf(NAME, PATH);
        box->crash.maps_bytes = 0; /* others */
        dead_map(0, 0x3000, mappings[i].rights, mappings[i].file);
        const struct target *target = dead_open();
        assert_int_equal(target->mapping_count, 1);
        assert_int_equal(target->module_count, mappings[i].module);
        if (mappings[i].module)
            assert_int_equal(target->modules[0].deleted, i == 1);
    }
}

static void lines_that_are_no_mapping_are_passed_over(void **state)
{
    static const char *const lines[] = {
        "",
        "zz-20 r--p 0 0:0 0",
        "10",
        "10+20 r--p 0 0:0 0",
        "10-",
        "10-zz ",
        "10-20",
        "10-20 r--",
        "10-20 r--p",
        "10-20 r--p zz",
        "10-20 r--p 0",
        "10-20 r--p 0-0:0 0",
        "10-20 r--p 0 zz",
        "10-20 r--p 0 0-0 0",
        "10-20 r--p 0 0:",
        "10-20 r--p 0 0:zz",
        "10-20 r--p 0 0:0-0",
        "10-20 r--p 0 0:0",
        "10-20 r--p 0 0:0 zz",
        "11112222333344445-20 r--p 0 0:0 0", /* more than 64 bits */
    };
    struct target_mapping mapping;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        if (target_parse_mapping(lines[i], lines[i] + strlen(lines[i]),
                                 &mapping))
            fail_msg("a mapping: \"%s\"", lines[i]);
    }
    const char *line = "10-20 rwxs 30 fd:1 42   /a b";
    assert_true(target_parse_mapping(line, line + strlen(line), &mapping));
    assert_int_equal(mapping.device, makedev(0xfd, 1));
    assert_int_equal(mapping.inode, 42);
    assert_true(mapping.shared && mapping.writable && mapping.executable);
    assert_string_equal(mapping.path, "/a b");
}

static void list_that_breaks_off_ends_with_its_last_line(void **state)
{
    (void)state;
    struct box *box = dead_begin();
    dead_map(0, 0x1000, "rw-p", "0 0:0 0 [stack]");
    dead_map(0x2000, 0x3000, "rw-p", "0 0:0 0 cut here");
    box->crash.maps_bytes -= 5;
    assert_int_equal(dead_open()->mapping_count, 1);
    box->crash.maps_bytes = UINT32_MAX; /* scribbled over */
    assert_int_equal(dead_open()->mapping_count, 2);
}

static void line_of_nonsense_is_passed_over(void **state)
{
    static const char nonsense[] = "no mapping\n";

    (void)state;
    struct box *box = dead_begin();
    memcpy(box->maps, nonsense, sizeof nonsense - 1);
    box->crash.maps_bytes = sizeof nonsense - 1;
    dead_map(0, 0x1000, "rw-p", "0 0:0 0 [stack]");
    assert_int_equal(dead_open()->mapping_count, 1);
}

/* One program may map more files than there is room for modules. */
static void modules_end_where_there_is_no_room(void **state)
{
    OWNED_FD fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    (void)state;
    for (size_t i = 0; i < TARGET_MODULES_MAX + 50; i++) {
        void *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
        assert_true(at != MAP_FAILED);
    }
    struct target *target = target_open(getpid(), getpid());
    target_read_modules(target);
    assert_true(target->mapping_count > TARGET_MODULES_MAX + 50);
    assert_int_equal(target->module_count, TARGET_MODULES_MAX);
}

/* A box is foreign input: no size or address in it may lead outside. */
static void copied_stack_of_an_impossible_size_is_no_memory(void **state)
{
    uint64_t value;

    (void)state;
    struct box *box = dead_begin();
    box->crash.stack_bytes = BOX_STACK_BYTES + 1;
    assert_false(target_read_u64(dead_open(), dead_base(), &value));
    box = dead_begin();
    box->crash.stack_address = UINT64_MAX - 100;
    assert_false(target_read_u64(dead_open(), UINT64_MAX - 4095, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_damaged_is_left_out),
        cmocka_unit_test(only_a_file_that_is_read_from_its_start_is_a_module),
        cmocka_unit_test(lines_that_are_no_mapping_are_passed_over),
        cmocka_unit_test(list_that_breaks_off_ends_with_its_last_line),
        cmocka_unit_test(line_of_nonsense_is_passed_over),
        cmocka_unit_test(modules_end_where_there_is_no_room),
        cmocka_unit_test(copied_stack_of_an_impossible_size_is_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
