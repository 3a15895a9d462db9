/*
 * The symbol cache: what one module's addresses mean, in one file that is
 * mapped and searched in place. Little-endian; made by the worker
 * (symbolicate/worker/), read by everybody, believed by nobody: every block is
 * checked against its checksum when it is first touched and every index
 * against its table, so a torn or hostile file gives no answer, never a crash.
 *
 *     header | starts u32[] | answers u32[] | buckets u32[] | records |
 *     names u32[] | files | strings | block checksums u32[]
 *
 * starts[i] is where segment i begins, less address_base; it ends where i + 1
 * begins; the last one carries no information. answers[i] is its innermost
 * record, or CACHE_NONE. A record's parent is the frame it was inlined into,
 * with the line of the call. buckets[b] is the first segment at or above
 * b << bucket_shift. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_SYMBOL_CACHE_H
#define INQUEST_SYMBOLICATE_SYMBOL_CACHE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define CACHE_MAGIC       "INQSYM\r\n"
#define CACHE_VERSION     2u
#define CACHE_NONE        UINT32_MAX
#define CACHE_BLOCK_SHIFT 14
#define CACHE_BLOCK_BYTES (1u << CACHE_BLOCK_SHIFT)
#define CACHE_BYTES_MAX   (1ull << 31)
#define CACHE_ID_BYTES    64
#define CACHE_FRAMES_MAX  64
#define CACHE_STRING_MAX  65536

enum cache_flag {
    CACHE_DWARF = 1,   /* files and lines */
    CACHE_SYMTAB = 2,  /* names of a symbol table */
    CACHE_PARTIAL = 4, /* of some units only: a miss proves nothing */
    CACHE_NO_SPLIT = 8 /* units whose .dwo or .dwp was not found */
};

enum cache_part {
    CACHE_STARTS,
    CACHE_ANSWERS,
    CACHE_BUCKETS,
    CACHE_RECORDS,
    CACHE_NAMES,
    CACHE_FILES,
    CACHE_STRINGS,
    CACHE_CHECKSUMS, /* one CRC-32 a block before this part */
    CACHE_PARTS
};

struct cache_extent {
    uint64_t offset;
    uint64_t count; /* of elements */
};

/* What the cache was made from: another size or time is another file. */
struct cache_source {
    uint64_t size_bytes;
    uint64_t mtime_ns;
};

struct cache_header {
    uint8_t magic[8];
    uint32_t version;
    uint32_t flags;
    uint64_t file_bytes;
    uint64_t address_base;
    uint32_t bucket_shift;
    uint32_t build_id_bytes;
    uint8_t build_id[CACHE_ID_BYTES];
    struct cache_source main, debug; /* debug: zeros where there is none */
    struct cache_extent parts[CACHE_PARTS];
    uint32_t reserved;
    uint32_t header_crc; /* of all before it */
};

/* One frame: names[name], files[file]; CACHE_NONE where not known. */
struct cache_record {
    uint32_t name;
    uint32_t file;
    uint32_t line;
    uint32_t parent; /* always an earlier record than its own: no circles */
};

struct cache_file {
    uint32_t directory; /* offsets into strings; directory may be "" */
    uint32_t name;
};

static_assert(sizeof(struct cache_header) == 272, "no padding");
static_assert(sizeof(struct cache_record) == 16, "four to a cache line");
static_assert(CACHE_STRING_MAX < CACHE_BYTES_MAX, "a string fits");

struct symbol_cache;

/*
 * Maps fd, which may be closed afterwards. Fails with -errno, -ERR_MAGIC,
 * -ERR_VERSION, -ERR_TORN (length or header checksum), -ERR_FORMAT (parts that
 * do not fit the file).
 */
MUST_CHECK int symbol_cache_open(int fd, struct symbol_cache **ret_cache);
void symbol_cache_close(struct symbol_cache **cache);

const struct cache_header *
symbol_cache_header(const struct symbol_cache *cache);

/*
 * Records at address, innermost first; returns how many, 0 for no information
 * and for blocks that fail their checksum. Any thread at any time.
 */
size_t symbol_cache_find(struct symbol_cache *cache, uint64_t address,
                         struct cache_record records[CACHE_FRAMES_MAX]);

/*
 * The demangled name, or "directory/name", of a record's index: NULL where it
 * is not known or damaged. Made once and kept until close. Any thread.
 */
const char *symbol_cache_name(struct symbol_cache *cache, uint32_t name);
const char *symbol_cache_path(struct symbol_cache *cache, uint32_t file);

/*
 * Frees the strings handed out so far where they take more than bytes_max. No
 * other thread may use the cache meanwhile.
 */
void symbol_cache_trim(struct symbol_cache *cache, size_t bytes_max);

/* Whether a checksum has failed since it was opened: make it anew. */
bool symbol_cache_is_torn(const struct symbol_cache *cache);

#endif
