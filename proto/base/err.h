/*
 * Errors: every function that can fail returns 0 or a negative number, either
 * -errno as the kernel gave it or -ERR_* from this list (4096 and up, so the
 * two can never collide). Context: any.
 */
#ifndef INQUEST_PROTO_BASE_ERR_H
#define INQUEST_PROTO_BASE_ERR_H

enum err {
    ERR_FIRST = 4096,
    ERR_TORN = ERR_FIRST, /* checksum or length does not match */
    ERR_MAGIC,            /* not a file of ours */
    ERR_VERSION,          /* a format version this program does not know */
    ERR_LIMIT,            /* beyond a *_MAX of the header that owns it */
    ERR_QUEUE_FULL,       /* the queue's count or byte limit is reached */
    ERR_SCHEMA,           /* bytes or JSON that do not fit report.proto */
    ERR_DENIED,           /* consent or policy does not allow it */
    ERR_NOT_FOUND,        /* no such report, symbol, module */
    ERR_AMBIGUOUS,        /* an ID prefix that fits several reports */
    ERR_FORMAT,   /* foreign bytes (ELF, gzip, /proc) not as specified */
    ERR_SEALED,   /* only who holds the secret key can read it */
    ERR_HELD,     /* another process did not let go of a lock in time */
    ERR_WITHHELD, /* a denial was not kept alone: all is denied instead */
    ERR_LAST
};

/*
 * The sentence fragment for a negative result, "queue is full" or what errno
 * means ("No such file or directory"). Never NULL; the text is static or, for
 * errno values, that of strerrorname_np/strerrordesc_np (no locale, no lock).
 */
const char *err_text(int r);

#endif
