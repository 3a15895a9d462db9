/*
 * The process that is looked at: its memory, its threads, its modules.
 * Memory is read page by page through process_vm_readv and kept, for an
 * unwinder asks for the same pages again and again. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_TARGET_H
#define INQUEST_HANDLER_DUMPER_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define TARGET_THREADS_MAX  4096
#define TARGET_MAPPINGS_MAX 131072 /* vm.max_map_count is 65530 */
#define TARGET_MODULES_MAX  2048
#define TARGET_BUILD_ID_MAX 64
#define ATTACH_BUDGET_MS    500
#define ATTACH_THREAD_MS    50

/* General registers in DWARF order (psABI figure 3.36), then eflags. */
enum target_register {
    TARGET_RBP = 6,
    TARGET_RSP = 7,
    TARGET_RIP = 16,
    TARGET_EFLAGS = 17,
    TARGET_REGISTERS = 18
};

struct target_thread {
    int tid;
    bool stopped;  /* registers are known */
    bool attached; /* to be detached */
    bool refused;  /* ptrace was not allowed, or another one traces */
    int signal;    /* stopped as it arrived: delivered by target_detach; or 0 */
    char name[16];
    uint64_t registers[TARGET_REGISTERS];
};

struct target_mapping {
    uint64_t begin, end, offset;
    uint64_t device, inode; /* as makedev(3) and stat(2) tell them */
    bool readable, writable, executable, shared;
    const char *path; /* "" for anonymous; in the maps text */
};

struct target_module {
    uint64_t begin, end;   /* first to last mapping */
    uint64_t limit;        /* where its segments end, 0: it names none */
    uint64_t load_bias;    /* run-time less file address */
    uint64_t eh_frame_hdr; /* run-time address, 0: none */
    uint64_t dynamic;      /* likewise, of the dynamic section */
    uint8_t build_id[TARGET_BUILD_ID_MAX];
    size_t build_id_bytes;
    bool deleted;
    const char *path;
};

struct box;

/* Of the sampler's thread (sampler.c). */
#define TARGET_SAMPLER_NAME "inquest"

struct target {
    int pid;
    const struct box *box; /* of a dead process: memory comes from it */
    int memory_fd;         /* of /proc/PID/mem, -1: not needed */
    int memory_tid;        /* a main thread that ended has no memory any more */
    struct target_thread *threads; /* TARGET_THREADS_MAX */
    size_t thread_count;
    /* Not stopped, and known by name: the crashed one waits for us, the sampler
     * leaves. */
    struct target_running {
        int tid;
        const char *name;
    } running[2];
    bool goes_on;            /* it lives on afterwards: restart.h */
    size_t threads_missed;   /* could not be stopped in time */
    size_t threads_unlisted; /* beyond TARGET_THREADS_MAX */
    struct target_mapping *mappings;
    size_t mapping_count;
    struct target_module *modules;
    size_t module_count;
};

/* The one target of this program (static storage), for pid. */
struct target *target_open(int pid, int memory_tid);

/*
 * Finds a way to read the memory of a living process, by the example of
 * address, which is mapped. False: the kernel refuses all of them (Yama, not
 * dumpable, a sandbox).
 */
MUST_CHECK bool target_open_memory(struct target *target, uint64_t address);

/*
 * Copies what is readable of a living one from address on, past the cache of
 * target_read; returns how many bytes.
 */
size_t target_copy(const struct target *target, uint64_t address, void *buffer,
                   size_t size_bytes);

/*
 * A dead process, from what its handler copied into the box: one thread, the
 * copied stack, the list of mappings, and for the rest the mapped files, as
 * far as they are still the same. Needs no target_attach.
 */
struct target *target_open_box(const struct box *box);

/* Tells all threads to stop but those in running. */
void target_seize(struct target *target);
/* After target_seize: waits until they have stopped, and seizes what is new. */
void target_attach(struct target *target);
void target_detach(struct target *target);

/* One line of maps (proc(5)), ended by a null byte at end; the path stays in
 * it. False: it is none. */
MUST_CHECK bool target_parse_mapping(const char *line, const char *end,
                                     struct target_mapping *mapping);

/* The list of mappings alone. */
void target_read_mappings(struct target *target);

/* Reads mappings and modules; threads should be stopped. */
void target_read_modules(struct target *target);

/* Reads the stack from here on in one go: target_read then has it at hand. The
 * thread must be stopped. */
void target_keep_stack(const struct target *target, uint64_t stack_pointer);

/* Copies what is readable, from the start on; returns how many bytes. */
size_t target_read(struct target *target, uint64_t address, void *buffer,
                   size_t size_bytes);
MUST_CHECK bool target_read_u64(struct target *target, uint64_t address,
                                uint64_t *ret_value);

/* Of the first mapping that ends above address; mapping_count: none does. */
size_t target_mapping_index(const struct target *target, uint64_t address);
const struct target_mapping *target_mapping_at(const struct target *target,
                                               uint64_t address);
/* NULL where no module is; its index is module - target->modules. */
const struct target_module *target_module_at(const struct target *target,
                                             uint64_t address);
/*
 * The module that the code at address is of, and where: the address less the
 * load bias. Also of a copy, a piece of the file mapped once more elsewhere (V8
 * has its built-in functions so): as if it were the original. NULL: none.
 */
const struct target_module *target_place(const struct target *target,
                                         uint64_t address,
                                         uint64_t *ret_offset);
/* Whether address lies in libinquest.so. */
bool target_is_guest(const struct target *target, uint64_t address);

/* CLOCK_MONOTONIC. */
uint64_t target_now_ms(void);

#endif
