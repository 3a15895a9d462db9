/* The environment, changed where it lies: it only gets shorter. Context: guest.
 */
#include "handler/interpose/preload_variable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handler/guest.h"
#include "proto/base/compiler.h"
#include "proto/base/fmt.h"
#include "proto/base/sys.h"
#include "proto/state_dir.h"

static const char variable[] = "LD_PRELOAD=";
static const char file[] = "/libinquest.so";
static const char token[] = "/$LIB/"; /* ld.so(8); run names it so */

static bool is_ours(const char *name, size_t size)
{
    size_t end = strlen(file);

    return size > end && memcmp(name + size - end, file, end) == 0;
}

static bool can_be_read(const char *name, size_t size)
{
    char path[STATE_PATH_BYTES];
    struct text text = text_init(path, sizeof path);
    const char *at = memmem(name, size, token, strlen(token));

    if (at) {
        text_append_bytes(&text, name, (size_t)(at - name));
        text_append(&text, "/" INQUEST_DST_LIB "/");
        size -= (size_t)(at - name) + strlen(token);
        name = at + strlen(token);
    }
    text_append_bytes(&text, name, size);
    if (text.cut)
        return true;
    long fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0)
        (void)sys_close((int)fd);
    return fd != -ENOENT && fd != -ENOTDIR && fd != -EACCES;
}

/* list: the value, names with blanks or colons between them. */
static void check_names(char *list)
{
    while (*list) {
        size_t size = strcspn(list, ": ");
        if (is_ours(list, size) && !can_be_read(list, size)) {
            size += strspn(list + size, ": ");
            memmove(list, list + size, strlen(list + size) + 1);
            continue;
        }
        list += size;
        list += strspn(list, ": ");
    }
}

/* Of the program's own: the directory counts as two names and one a thread.
 * In a jail it cannot be seen; then there are none, as far as we know. */
static bool has_threads(void)
{
    struct stat status = {0};
    nlink_t ours = __atomic_load_n(&guest.sampler_tid, __ATOMIC_RELAXED) != 0;

    return sys_call2(SYS_stat, (long)"/proc/self/task", (long)&status) == 0 &&
           status.st_nlink - 2 - ours > 1;
}

void preload_variable_check(void)
{
    /* A filter may kill for it; another thread may change environ. */
    if (!environ || guest.sandboxed || !guest_owns_memory() || has_threads())
        return;
    for (char **at = environ; *at; at++) {
        if (strncmp(*at, variable, strlen(variable)) == 0)
            check_names(*at + strlen(variable));
    }
}
