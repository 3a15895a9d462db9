/* Memory, mappings and modules of the target. Context: tool. */
#include "handler/dumper/target.h"

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "handler/dumper/forbidden.h"
#include "handler/dumper/offline.h"
#include "handler/dumper/populate.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"
#include "proto/box.h"

#define PAGE_BYTES      4096u
#define PAGE_READ       1ull
#define CACHE_PAGES     1024u
#define STACK_PAGES     4u
#define TOUCHED_PAGES   20u /* of the cache, by the smallest program */
#define MAPS_BYTES_MAX  (16u << 20)
#define PROGRAM_HEADERS 64
#define NO_PROCESS      (-1)
#define NOTES_BYTES_MAX 4096

/*
 * Copied memory. The cache is direct mapped by slots, but its pages are taken
 * from the first one on, so that what a dump touches lies together.
 */
static struct {
    uint16_t slots[CACHE_PAGES];  /* 1 + index in pages; 0: none */
    uint64_t tagged[CACHE_PAGES]; /* by page: its address, and whether READ */
    /* The stack that is being unwound, in one piece: each thread's in turn, so
     * that their pages do not fill the cache. */
    _Alignas(PAGE_BYTES) uint8_t stack[STACK_PAGES * PAGE_BYTES];
    uint8_t pages[CACHE_PAGES][PAGE_BYTES];
} copied __attribute__((aligned(PAGE_BYTES)));
static size_t copied_pages;
static uint64_t stack_begin;
static uint64_t stack_end; /* what was readable */
static struct target the_target;
static struct target_thread threads[TARGET_THREADS_MAX];
static struct target_mapping mappings[TARGET_MAPPINGS_MAX];
static struct target_module modules[TARGET_MODULES_MAX];
static char maps_text[MAPS_BYTES_MAX];

uint64_t target_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

struct target *target_open(int pid, int memory_tid)
{
    the_target = (struct target){
        .pid = pid,
        .memory_tid = memory_tid,
        .memory_fd = -1,
        .threads = threads,
        .mappings = mappings,
        .modules = modules,
    };
    return &the_target;
}

struct target *target_open_box(const struct box *box)
{
    struct target *target = target_open(0, 0);

    target->box = box;
    threads[0] = (struct target_thread){.tid = box->crash.tid};
    memcpy(threads[0].name, box->crash.thread_name,
           sizeof box->crash.thread_name);
    threads[0].name[sizeof threads[0].name - 1] = '\0';
    target->thread_count = 1;
    return target;
}

/* Where a sandbox refuses the one system call, the other way may be open. */
size_t target_copy(const struct target *target, uint64_t address, void *buffer,
                   size_t size_bytes)
{
    struct iovec local = {buffer, size_bytes};
    struct iovec remote = {(void *)address, size_bytes};

    ssize_t n =
        target->memory_fd >= 0
            ? pread(target->memory_fd, buffer, size_bytes, (off_t)address)
            : process_vm_readv(target->memory_tid, &local, 1, &remote, 1, 0);
    return n > 0 ? (size_t)n : 0;
}

bool target_open_memory(struct target *target, uint64_t address)
{
    char byte;
    char path[64];

    populate(&copied, offsetof(typeof(copied), pages[TOUCHED_PAGES]));
    if (!forbidden_call(SYS_process_vm_readv, NO_PROCESS) &&
        target_copy(target, address, &byte, 1) == 1)
        return true;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/mem", target->pid,
                   target->memory_tid);
    target->memory_fd = open(path, O_RDONLY | O_CLOEXEC);
    return target->memory_fd >= 0 &&
           target_copy(target, address, &byte, 1) == 1;
}

/* The copy of the page at address; NULL: not readable. */
static const uint8_t *cached_page(const struct target *target, uint64_t address)
{
    uint16_t *slot = &copied.slots[(address / PAGE_BYTES) % CACHE_PAGES];

    if (*slot == 0)
        *slot = (uint16_t)++copied_pages;
    uint64_t *tagged = &copied.tagged[*slot - 1];
    uint8_t *bytes = copied.pages[*slot - 1];
    if ((*tagged & ~PAGE_READ) != address || address == 0) {
        bool read = target->box ? offline_page(target, address, bytes)
                                : target_copy(target, address, bytes,
                                              PAGE_BYTES) == PAGE_BYTES;
        *tagged = address | (read ? PAGE_READ : 0);
    }
    return *tagged & PAGE_READ ? bytes : NULL;
}

void target_keep_stack(const struct target *target, uint64_t stack_pointer)
{
    uint64_t begin = stack_pointer & ~(PAGE_BYTES - 1ull);
    struct iovec local = {copied.stack, sizeof copied.stack};
    struct iovec remote[STACK_PAGES]; /* one each: the last may be missing */

    stack_begin = stack_end = begin;
    if (target->box || target->memory_fd >= 0)
        return;
    for (size_t i = 0; i < STACK_PAGES; i++) {
        remote[i] =
            (struct iovec){(void *)(begin + i * PAGE_BYTES), PAGE_BYTES};
    }
    ssize_t n =
        process_vm_readv(target->memory_tid, &local, 1, remote, STACK_PAGES, 0);
    if (n > 0)
        stack_end = begin + (uint64_t)n;
}

/* Page by page, through the cache. */
static size_t read_pages(const struct target *target, uint64_t address,
                         void *buffer, size_t size_bytes)
{
    size_t done = 0;

    while (done < size_bytes) {
        uint64_t at = address + done;
        size_t offset = at % PAGE_BYTES;
        size_t part = PAGE_BYTES - offset;
        const uint8_t *page = cached_page(target, at - offset);
        if (!page)
            break;
        if (part > size_bytes - done)
            part = size_bytes - done;
        memcpy((char *)buffer + done, page + offset, part);
        done += part;
    }
    return done;
}

size_t target_read(struct target *target, uint64_t address, void *buffer,
                   size_t size_bytes)
{
    if (address >= stack_begin && address < stack_end &&
        size_bytes <= stack_end - address) {
        memcpy(buffer, copied.stack + (address - stack_begin), size_bytes);
        return size_bytes;
    }
    return read_pages(target, address, buffer, size_bytes);
}

bool target_read_u64(struct target *target, uint64_t address,
                     uint64_t *ret_value)
{
    return target_read(target, address, ret_value, sizeof *ret_value) ==
           sizeof *ret_value;
}

/* "begin-end perms offset dev inode path" */
bool target_parse_mapping(const char *line, const char *end,
                          struct target_mapping *mapping)
{
    const char *at = line;

    if (fmt_parse_u64(&at, end, 16, &mapping->begin) < 0 || *at++ != '-' ||
        fmt_parse_u64(&at, end, 16, &mapping->end) < 0 || end - at < 6)
        return false;
    mapping->readable = at[1] == 'r';
    mapping->writable = at[2] == 'w';
    mapping->executable = at[3] == 'x';
    mapping->shared = at[4] == 's';
    at += 6;
    if (fmt_parse_u64(&at, end, 16, &mapping->offset) < 0)
        return false;
    uint64_t major = 0;
    uint64_t minor = 0;
    if (*at++ != ' ' || fmt_parse_u64(&at, end, 16, &major) < 0 ||
        *at++ != ':' || fmt_parse_u64(&at, end, 16, &minor) < 0 ||
        *at++ != ' ' || fmt_parse_u64(&at, end, 10, &mapping->inode) < 0)
        return false;
    mapping->device = makedev((unsigned)major, (unsigned)minor);
    at += strspn(at, " ");
    mapping->path = at;
    return true;
}

/* The text of /proc/PID/maps, now or as the handler copied it. */
static size_t read_maps_text(const struct target *target)
{
    char path[64];
    size_t size = 0;

    if (target->box) {
        size = target->box->crash.maps_bytes;
        if (size > sizeof target->box->maps)
            size = sizeof target->box->maps;
        memcpy(maps_text, target->box->maps, size);
        maps_text[size] = '\0';
        return size;
    }
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/maps", target->pid,
                   target->memory_tid);
    DROP(io_read_text(AT_FDCWD, path, maps_text, sizeof maps_text, &size));
    return size;
}

void target_read_mappings(struct target *target)
{
    size_t size = read_maps_text(target);

    target->mapping_count = 0;
    for (char *line = maps_text; line < maps_text + size;) {
        char *end = memchr(line, '\n', (size_t)(maps_text + size - line));
        if (!end || target->mapping_count == TARGET_MAPPINGS_MAX)
            break;
        *end = '\0';
        if (target_parse_mapping(line, end, &mappings[target->mapping_count]))
            target->mapping_count++;
        line = end + 1;
    }
}

static void read_build_id(struct target *target, struct target_module *module,
                          uint64_t address, uint64_t size)
{
    uint8_t notes[NOTES_BYTES_MAX];
    Elf64_Nhdr note;

    if (size > sizeof notes)
        size = sizeof notes;
    size = target_read(target, address, notes, size);
    for (uint64_t at = 0; at + sizeof note <= size;) {
        memcpy(&note, notes + at, sizeof note);
        uint64_t name = at + sizeof note;
        uint64_t data = name + ((note.n_namesz + 3u) & ~3ull);
        uint64_t next = data + ((note.n_descsz + 3u) & ~3ull);
        if (next > size)
            return;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(notes + name, "GNU", 4) == 0 &&
            note.n_descsz <= TARGET_BUILD_ID_MAX) {
            memcpy(module->build_id, notes + data, note.n_descsz);
            module->build_id_bytes = note.n_descsz;
            return;
        }
        at = next;
    }
}

static void read_program_headers(struct target *target,
                                 struct target_module *module,
                                 const Elf64_Phdr *headers, size_t count)
{
    module->load_bias = module->begin;
    for (size_t i = 0; i < count; i++) {
        if (headers[i].p_type == PT_LOAD) {
            module->load_bias =
                module->begin - (headers[i].p_vaddr & ~(PAGE_BYTES - 1ull));
            break;
        }
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t address = module->load_bias + headers[i].p_vaddr;
        if (headers[i].p_type == PT_LOAD &&
            address + headers[i].p_memsz > module->limit)
            module->limit = address + headers[i].p_memsz;
        if (headers[i].p_type == PT_GNU_EH_FRAME)
            module->eh_frame_hdr = address;
        if (headers[i].p_type == PT_DYNAMIC)
            module->dynamic = address;
        if (headers[i].p_type == PT_NOTE && module->build_id_bytes == 0)
            read_build_id(target, module, address, headers[i].p_memsz);
    }
}

/* Whether an ELF file starts at mapping; fills the module from memory. */
static bool read_module(struct target *target,
                        const struct target_mapping *mapping,
                        struct target_module *module)
{
    Elf64_Ehdr header;
    Elf64_Phdr headers[PROGRAM_HEADERS] = {0};

    if (mapping->offset != 0 || !mapping->readable ||
        target_read(target, mapping->begin, &header, sizeof header) !=
            sizeof header ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_phnum > PROGRAM_HEADERS ||
        header.e_phentsize != sizeof *headers)
        return false;
    size_t size = header.e_phnum * sizeof *headers;
    if (target_read(target, mapping->begin + header.e_phoff, headers, size) !=
        size)
        return false;
    *module = (struct target_module){
        .begin = mapping->begin,
        .end = mapping->end,
        .path = mapping->path,
        .deleted = strstr(mapping->path, " (deleted)") != NULL,
    };
    read_program_headers(target, module, headers, header.e_phnum);
    return true;
}

void target_read_modules(struct target *target)
{
    target_read_mappings(target);
    for (size_t i = 0; i < target->mapping_count; i++) {
        const struct target_mapping *mapping = &mappings[i];
        struct target_module *last =
            target->module_count ? &modules[target->module_count - 1] : NULL;
        /* Beyond its segments lies a copy: target_place. */
        if (last && *mapping->path && strcmp(last->path, mapping->path) == 0 &&
            mapping->offset != 0) {
            if (last->limit == 0 || mapping->begin < last->limit)
                last->end = mapping->end;
            continue;
        }
        if (*mapping->path && target->module_count < TARGET_MODULES_MAX &&
            read_module(target, mapping, &modules[target->module_count]))
            target->module_count++;
    }
}

size_t target_mapping_index(const struct target *target, uint64_t address)
{
    size_t low = 0;
    size_t high = target->mapping_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (address >= target->mappings[middle].end) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct target_mapping *target_mapping_at(const struct target *target,
                                               uint64_t address)
{
    size_t i = target_mapping_index(target, address);

    return i < target->mapping_count && address >= target->mappings[i].begin
               ? &target->mappings[i]
               : NULL;
}

const struct target_module *target_module_at(const struct target *target,
                                             uint64_t address)
{
    for (size_t i = 0; i < target->module_count; i++) {
        if (address >= target->modules[i].begin &&
            address < target->modules[i].end)
            return &target->modules[i];
    }
    return NULL;
}

/* Where the module that a copied piece is of has the same byte; 0: nowhere. */
static uint64_t original_of(const struct target *target,
                            const struct target_mapping *copy, uint64_t address)
{
    uint64_t offset = address - copy->begin + copy->offset;

    for (size_t i = 0; i < target->mapping_count; i++) {
        const struct target_mapping *mapping = &target->mappings[i];
        if (mapping->device == copy->device && mapping->inode == copy->inode &&
            mapping->executable && offset >= mapping->offset &&
            offset - mapping->offset < mapping->end - mapping->begin &&
            target_module_at(target, mapping->begin))
            return mapping->begin + (offset - mapping->offset);
    }
    return 0;
}

const struct target_module *target_place(const struct target *target,
                                         uint64_t address, uint64_t *ret_offset)
{
    const struct target_module *module = target_module_at(target, address);
    const struct target_mapping *mapping = target_mapping_at(target, address);

    if (!module && mapping && mapping->inode != 0) {
        address = original_of(target, mapping, address);
        module = address ? target_module_at(target, address) : NULL;
    }
    if (module)
        *ret_offset = address - module->load_bias;
    return module;
}

bool target_is_guest(const struct target *target, uint64_t address)
{
    const struct target_module *module = target_module_at(target, address);

    return module && strstr(module->path, "/libinquest.so");
}
