/* Places on the disk. Context: any. */
#include "proto/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/crc32c.h"
#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"
#include "proto/data_class.h"
#include "proto/state_way.h"

static int join(const char *base, const char *tail, char ret[STATE_PATH_BYTES])
{
    char buffer[STATE_PATH_BYTES];
    struct text text = text_init(buffer, sizeof buffer);

    text_append(&text, base);
    text_append(&text, tail);
    if (text.cut)
        return -ERR_LIMIT;
    memcpy(ret, buffer, text.size_bytes + 1);
    return 0;
}

static bool is_absolute(const char *path)
{
    return path && path[0] == '/';
}

int state_dir_path(const struct state_env *env, char ret_path[STATE_PATH_BYTES])
{
    if (is_absolute(env->inquest_state_dir))
        return join(env->inquest_state_dir, "", ret_path);
    if (env->uid == 0)
        return join("/var/lib/inquest", "", ret_path);
    if (is_absolute(env->xdg_state_home))
        return join(env->xdg_state_home, "/inquest", ret_path);
    if (is_absolute(env->home))
        return join(env->home, "/.local/state/inquest", ret_path);
    return -ERR_NOT_FOUND;
}

int state_box_dir(const struct state_env *env, char ret_path[STATE_PATH_BYTES])
{
    if (!is_absolute(env->inquest_state_dir)) {
        if (env->uid == 0)
            return join("/run/inquest", "", ret_path);
        if (is_absolute(env->xdg_runtime_dir))
            return join(env->xdg_runtime_dir, "/inquest", ret_path);
    }
    char state[STATE_PATH_BYTES];
    int r = state_dir_path(env, state);
    if (r < 0)
        return r;
    return join(state, "/" STATE_BOXES_NAME, ret_path);
}

void state_box_name(int pid, uint64_t start_ticks,
                    char ret_name[BOX_NAME_BYTES])
{
    struct text text = text_init(ret_name, BOX_NAME_BYTES);

    text_append_i64(&text, pid);
    text_append(&text, "-");
    text_append_u64(&text, start_ticks);
    text_append(&text, ".box");
}

void state_give(int dir_fd, int fd)
{
    struct stat directory = {0};
    struct stat file = {0};

    if (sys_call0(SYS_geteuid) != 0 ||
        sys_call2(SYS_fstat, dir_fd, (long)&directory) < 0 ||
        sys_call2(SYS_fstat, fd, (long)&file) < 0 ||
        (!S_ISDIR(file.st_mode) && file.st_nlink != 1) ||
        (directory.st_uid == file.st_uid && directory.st_gid == file.st_gid))
        return;
    /* On failure it stays root's. */
    (void)sys_call3(SYS_fchown, fd, directory.st_uid, directory.st_gid);
}

static int open_checked(const char *path, bool make, int *ret_fd)
{
    struct stat status = {0};

    OWNED_FD fd = state_way_open(path, make);
    if (fd < 0)
        return fd;
    long r = sys_call2(SYS_fstat, fd, (long)&status);
    if (r < 0)
        return (int)r;
    uint32_t uid = (uint32_t)sys_call0(SYS_geteuid);
    if ((status.st_uid != uid && uid != 0) || (status.st_mode & 022) != 0)
        return -EPERM;
    *ret_fd = fd_take(&fd);
    return 0;
}

int state_dir_open(const char *path, int *ret_fd)
{
    return open_checked(path, true, ret_fd);
}

int state_dir_find(const char *path, int *ret_fd)
{
    return open_checked(path, false, ret_fd);
}

static const struct consent_page consent_default = {
    .magic = CONSENT_PAGE_MAGIC,
    .recording_classes = CLASS_BIT(CLASS_REQUIRED) |
                         CLASS_BIT(CLASS_DETECTION) | CLASS_BIT(CLASS_FEEDBACK),
};

void consent_page_read(int state_fd, struct consent_page *ret_page)
{
    struct consent_page page = {0};
    size_t size = 0;

    *ret_page = consent_default;
    OWNED_FD fd = sys_openat(state_fd, STATE_CONSENT_PAGE,
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd < 0 || io_read_all(fd, &page, sizeof page, &size) < 0)
        return;
    if (size != sizeof page || page.magic != CONSENT_PAGE_MAGIC ||
        page.crc != crc32c(0, &page, offsetof(struct consent_page, crc)))
        return;
    *ret_page = page;
}

/* Random bytes as a UUID version 4 (RFC 9562 section 5.4). */
static void uuid_text(const uint8_t random[16], char ret_id[37])
{
    struct text text = text_init(ret_id, 37);

    for (int i = 0; i < 16; i++) {
        uint8_t byte = random[i];
        if (i == 6)
            byte = (uint8_t)((byte & 0x0f) | 0x40);
        if (i == 8)
            byte = (uint8_t)((byte & 0x3f) | 0x80);
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text_append(&text, "-");
        text_append_hex(&text, byte, 2);
    }
}

/*
 * Under a name of its own first: whoever dies half way leaves no half an id,
 * and of two that draw one at a time one wins.
 */
static int id_create(int state_fd)
{
    uint8_t random[16] = {0};
    char id[INSTALLATION_ID_BYTES];
    char name[64];
    struct text text = text_init(name, sizeof name);

    long n = sys_call3(SYS_getrandom, (long)random, sizeof random, 0);
    if (n != (long)sizeof random)
        return -EIO;
    uuid_text(random, id);
    text_append(&text, "." STATE_INSTALLATION_ID ".");
    text_append_i64(&text, sys_getpid());
    (void)sys_call3(SYS_unlinkat, state_fd, (long)name, 0); /* a dead one's */
    OWNED_FD fd =
        sys_openat(state_fd, name,
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fd;
    state_give(state_fd, fd);
    int r = io_write_all(fd, id, sizeof id - 1);
    if (r == 0)
        r = io_rename_new(state_fd, name, state_fd, STATE_INSTALLATION_ID);
    if (r < 0)
        (void)sys_call3(SYS_unlinkat, state_fd, (long)name, 0); /* ours */
    return r == -EEXIST ? 0 : r;
}

int installation_id(int state_fd, char ret_id[INSTALLATION_ID_BYTES])
{
    char id[INSTALLATION_ID_BYTES + 1];
    size_t size = 0;

    for (int attempt = 0; attempt < 2; attempt++) {
        int r =
            io_read_text(state_fd, STATE_INSTALLATION_ID, id, sizeof id, &size);
        if (r == 0 && size == INSTALLATION_ID_BYTES - 1) {
            memcpy(ret_id, id, INSTALLATION_ID_BYTES);
            return 0;
        }
        if (r < 0 && r != -ENOENT)
            return r;
        if (r == 0) { /* torn by a power cut: another is drawn */
            (void)sys_call3(SYS_unlinkat, state_fd, (long)STATE_INSTALLATION_ID,
                            0);
        }
        r = id_create(state_fd);
        if (r < 0)
            return r;
    }
    return -ERR_FORMAT;
}
