/* Texts of our own errors. Context: any. */
#include "proto/base/err.h"

#include <assert.h>
#include <string.h>

#include "proto/base/compiler.h"

static const char *const texts[] = {
    [ERR_TORN - ERR_FIRST] = "torn or corrupt: checksum does not match",
    [ERR_MAGIC - ERR_FIRST] = "not an inquest file",
    [ERR_VERSION - ERR_FIRST] = "format version not supported",
    [ERR_LIMIT - ERR_FIRST] = "larger than allowed",
    [ERR_QUEUE_FULL - ERR_FIRST] = "queue is full",
    [ERR_SCHEMA - ERR_FIRST] = "does not fit the report schema",
    [ERR_DENIED - ERR_FIRST] = "not allowed by consent or policy",
    [ERR_NOT_FOUND - ERR_FIRST] = "not found",
    [ERR_AMBIGUOUS - ERR_FIRST] = "fits more than one report",
    [ERR_FORMAT - ERR_FIRST] = "malformed",
    [ERR_SEALED - ERR_FIRST] = "sealed: only the collector's key opens it",
    [ERR_HELD - ERR_FIRST] = "another process holds its lock",
    [ERR_WITHHELD - ERR_FIRST] =
        ("a denial could not be kept alone, so nothing at all is sent; when it "
         "can, deny it again and grant what may leave"),
};
static_assert(ARRAY_LENGTH(texts) == ERR_LAST - ERR_FIRST, "a text for each");

/* glibc's strerror translates, so it takes locks; musl's does not. */
#ifdef __GLIBC__
#define errno_text strerrordesc_np
#else
#define errno_text strerror
#endif

const char *err_text(int r)
{
    if (r >= 0)
        return "success";
    if (-r >= ERR_FIRST && -r < ERR_LAST)
        return texts[-r - ERR_FIRST];
    const char *text = errno_text(-r);
    return text ? text : "unknown error";
}
