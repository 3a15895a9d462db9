/* Between the program and its service manager. Context: tool. */
#include "reporter/watch/notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/base/compiler.h"
#include "proto/base/fd.h"

#define NAME_BYTES   128
#define NUMBER_BYTES 24

/* The manager's socket, as it was given to us. */
static struct sockaddr_un manager;
static socklen_t manager_bytes;
static char given[NAME_BYTES]; /* by its name; "": we put none in its place */

/* "/path" or "@abstract" (sd_notify(3)); 0: neither. */
static socklen_t parse_address(const char *text, struct sockaddr_un *ret)
{
    size_t size = strlen(text);

    if (size < 2 || size >= sizeof ret->sun_path ||
        (*text != '/' && *text != '@'))
        return 0;
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret->sun_path, text, size);
    if (*text == '@')
        ret->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size +
                       (*text == '/'));
}

/* The abstract name that the kernel chose (unix(7), autobind). */
static int bind_any(int fd, char name[NAME_BYTES])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = sizeof address;
    const size_t head = offsetof(struct sockaddr_un, sun_path);

    if (bind(fd, (const struct sockaddr *)&address, sizeof(sa_family_t)) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return -errno;
    (void)snprintf(name, NAME_BYTES, "@%.*s", (int)(size - head - 1),
                   address.sun_path + 1);
    return 0;
}

int notify_open(void)
{
    const char *before = getenv("NOTIFY_SOCKET");
    const int on = 1;
    char name[NAME_BYTES];

    manager_bytes = before ? parse_address(before, &manager) : 0;
    if (manager_bytes == 0)
        return -1;
    OWNED_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind_any(fd, name) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 ||
        snprintf(given, sizeof given, "%s", before) >= (int)sizeof given ||
        setenv("NOTIFY_SOCKET", name, 1) < 0) {
        given[0] = '\0';
        return -1;
    }
    return fd_take(&fd);
}

void notify_undo(void)
{
    if (given[0] != '\0')
        DROP(setenv("NOTIFY_SOCKET", given, 1)); /* else nobody listens */
    given[0] = '\0';
}

static void adopt(const char *name, const char *from, const char *to)
{
    const char *value = getenv(name);

    if (value && strcmp(value, from) == 0)
        setenv(name, to, 1);
}

void notify_adopt(pid_t parent)
{
    char from[NUMBER_BYTES];
    char to[NUMBER_BYTES];

    (void)snprintf(from, sizeof from, "%d", (int)parent);
    (void)snprintf(to, sizeof to, "%d", (int)getpid());
    adopt("LISTEN_PID", from, to);
    adopt("WATCHDOG_PID", from, to);
}

/* The program may have given up our user. */
static bool is_trusted(const struct ucred *sender, pid_t program)
{
    return sender->pid == program || sender->uid == geteuid() ||
           sender->uid == getuid() || sender->uid == 0;
}

/* Room for the credentials and the descriptors of one message. */
union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(struct ucred)) +
               CMSG_SPACE(NOTIFY_FDS_MAX * sizeof(int))];
};

static const struct cmsghdr *find(struct msghdr *message, int type)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at;
         at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == type)
            return at;
    }
    return NULL;
}

static void send_on(int fd, const struct iovec *data,
                    const struct cmsghdr *rights)
{
    union control control;
    struct msghdr message = {
        .msg_name = &manager,
        .msg_namelen = manager_bytes,
        .msg_iov = (struct iovec *)data,
        .msg_iovlen = 1,
    };

    if (rights) {
        memcpy(control.bytes, rights, rights->cmsg_len);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_ALIGN(rights->cmsg_len);
    }
    DROP(sendmsg(fd, &message, MSG_NOSIGNAL)); /* the manager went away */
}

static void close_rights(const struct cmsghdr *rights)
{
    size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(rights) + i * sizeof fd, sizeof fd);
        (void)close(fd);
    }
}

/* False: there is no message. */
static bool pass_one(int fd, pid_t program)
{
    static char bytes[NOTIFY_BYTES_MAX];
    union control control;
    struct iovec data = {bytes, sizeof bytes};
    struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control,
    };

    ssize_t size = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0)
        return errno == EINTR;
    const struct cmsghdr *credentials = find(&message, SCM_CREDENTIALS);
    const struct cmsghdr *rights = find(&message, SCM_RIGHTS);
    struct ucred sender = {.uid = (uid_t)-1};
    if (credentials)
        memcpy(&sender, CMSG_DATA(credentials), sizeof sender);
    data.iov_len = (size_t)size;
    if (is_trusted(&sender, program) && !(message.msg_flags & MSG_TRUNC))
        send_on(fd, &data, rights);
    if (rights)
        close_rights(rights);
    return true;
}

void notify_pass_on(int fd, pid_t program)
{
    for (int i = 0; i < NOTIFY_MESSAGES_MAX && pass_one(fd, program); i++) {
    }
}
