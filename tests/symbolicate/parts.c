/*
 * What is read for one address alone says of it what all of the debug
 * information says, and of no other address anything else that has a file.
 *
 *     symbolicate_parts MODULE COUNT
 *
 * COUNT addresses spread over the module's code. Context: tool.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolicate/cache/symbol_cache.h"
#include "symbolicate/worker/build.h"
#include "symbolicate/worker/cache_write.h"

#define TEXT_BYTES 16384

struct module {
    struct elf_file file;
    struct elf_code code;
    struct symbol_cache *whole;
    uint64_t code_bytes;
    size_t wrong;
};

static void must(int r)
{
    assert(r == 0);
}

/* address NULL: all. */
static struct symbol_cache *build(struct elf_file *file,
                                  const uint64_t *address)
{
    struct symbol_table symbols = {0};
    struct answers answers = {0};
    struct build build = {.file = file, .selection.address = address};
    struct symbol_cache *cache = NULL;
    int fd = memfd_create("cache", MFD_CLOEXEC);

    must(symbol_table_add(&symbols, file));
    must(symbol_table_add_plt(&symbols, file));
    elf_code_add(&build.selection.code, file->elf);
    must(build_units(&build));
    must(answers_make(&answers, build.pools, BUILD_THREADS_MAX, &symbols));
    must(cache_write(fd, &answers, (struct cache_header){0}));
    must(symbol_cache_open(fd, &cache));
    close(fd);
    answers_clear(&answers);
    symbol_table_clear(&symbols);
    build_clear(&build);
    return cache;
}

static const char *or_none(const char *text)
{
    return text ? text : "?";
}

/* One line a frame; whether the innermost has a file. */
static bool tell(struct symbol_cache *cache, uint64_t address,
                 char text[TEXT_BYTES])
{
    struct cache_record records[CACHE_FRAMES_MAX];
    size_t count = symbol_cache_find(cache, address, records);
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        int size = snprintf(text + used, TEXT_BYTES - used, "  %s %s:%u\n",
                            or_none(symbol_cache_name(cache, records[i].name)),
                            or_none(symbol_cache_path(cache, records[i].file)),
                            records[i].line);
        assert(size > 0 && used + (size_t)size < TEXT_BYTES);
        used += (size_t)size;
    }
    return count > 0 && symbol_cache_path(cache, records[0].file);
}

static void compare(struct module *module, struct symbol_cache *part,
                    uint64_t address, bool asked)
{
    char expected[TEXT_BYTES];
    char found[TEXT_BYTES];

    (void)tell(module->whole, address, expected);
    bool says = tell(part, address, found);
    if ((asked || says) && strcmp(expected, found) != 0) {
        printf("0x%" PRIx64 "%s:\n%sin part:\n%s", address,
               asked ? "" : ", another one", expected, found);
        module->wrong++;
    }
}

/* The address of code so many bytes from its begin. */
static uint64_t address_at(const struct module *module, uint64_t offset)
{
    size_t i = 0;

    while (offset >= module->code.at[i].end - module->code.at[i].begin) {
        offset -= module->code.at[i].end - module->code.at[i].begin;
        i++;
    }
    return module->code.at[i].begin + offset;
}

static void check(struct module *module, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t asked = address_at(module, module->code_bytes * i / count);
        struct symbol_cache *part = build(&module->file, &asked);
        for (uint64_t k = 0; k < count; k++) {
            uint64_t other = address_at(module, module->code_bytes * k / count);
            compare(module, part, other, k == i);
        }
        symbol_cache_close(&part);
    }
}

int main(int argc, char **argv)
{
    struct module module = {.file = ELF_FILE_CLOSED};

    assert(argc == 3);
    assert(elf_file_open(argv[1], &module.file) == 0);
    elf_code_add(&module.code, module.file.elf);
    for (size_t i = 0; i < module.code.count; i++)
        module.code_bytes += module.code.at[i].end - module.code.at[i].begin;
    module.whole = build(&module.file, NULL);
    check(&module, strtoull(argv[2], NULL, 10));
    symbol_cache_close(&module.whole);
    elf_file_close(&module.file);
    return module.wrong > 0;
}
