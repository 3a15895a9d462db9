/* Environment to frozen struct. Context: guest. */
#include "handler/config.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "handler/box_identity.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/sys.h"
#include "proto/box.h"

static const char *env_find(char *const *envp, const char *name)
{
    size_t size = strlen(name);

    for (; *envp; envp++) {
        /* Asked two dozen times of dozens of variables: no call for most. */
        if (**envp == *name && strncmp(*envp, name, size) == 0 &&
            (*envp)[size] == '=')
            return *envp + size + 1;
    }
    return NULL;
}

static bool env_is(char *const *envp, const char *name, const char *value)
{
    const char *found = env_find(envp, name);

    return found && strcmp(found, value) == 0;
}

/* PID:NAMESPACE, which may be missing. */
static void read_supervisor(struct config *config, char *const *envp)
{
    const char *text = env_find(envp, "INQUEST_SUPERVISOR_PID");
    const char *end = text ? text + strlen(text) : NULL;
    uint64_t pid = 0;

    if (!text || fmt_parse_u64(&text, end, 10, &pid) < 0 || pid > INT32_MAX)
        return;
    config->supervisor_pid = (int)pid;
    if (*text++ == ':') {
        /* on failure it stays unknown */
        DROP(fmt_parse_u64(&text, end, 10, &config->supervisor_namespace));
    }
}

static const struct {
    const char *name;
    size_t offset; /* of an uint32_t in struct alarm_settings */
} alarm_numbers[] = {
    {"INQUEST_ALARM_LIMIT", offsetof(struct alarm_settings, limit_percent)},
    {"INQUEST_ALARM_LEAK", offsetof(struct alarm_settings, leak_percent)},
    {"INQUEST_ALARM_LEAK_MIB", offsetof(struct alarm_settings, leak_mib)},
    {"INQUEST_ALARM_LEAK_WINDOW", offsetof(struct alarm_settings, leak_s)},
    {"INQUEST_ALARM_PRESSURE",
     offsetof(struct alarm_settings, pressure_percent)},
    {"INQUEST_ALARM_INTERVAL", offsetof(struct alarm_settings, interval_s)},
};

/* What is no number, or beyond ALARM_NUMBER_MAX, leaves the default. */
static void read_alarm(struct alarm_settings *settings, char *const *envp)
{
    *settings = ALARM_DEFAULTS;
    for (size_t i = 0; i < ARRAY_LENGTH(alarm_numbers); i++) {
        const char *text = env_find(envp, alarm_numbers[i].name);
        uint64_t value;
        if (!text ||
            fmt_parse_u64(&text, text + strlen(text), 10, &value) < 0 ||
            *text != '\0' || value > ALARM_NUMBER_MAX)
            continue;
        *(uint32_t *)((char *)settings + alarm_numbers[i].offset) =
            (uint32_t)value;
    }
}

static const struct {
    const char *name;
    uint32_t bit;
} interpose_names[] = {
    {"-thread", INTERPOSE_THREAD},     {"-action", INTERPOSE_ACTION},
    {"-mask", INTERPOSE_MASK},         {"-altstack", INTERPOSE_ALTSTACK},
    {"-exit", INTERPOSE_EXIT},         {"-sandbox", INTERPOSE_SANDBOX},
    {"-identity", INTERPOSE_IDENTITY}, {"-place", INTERPOSE_PLACE},
    {"-fork", INTERPOSE_FORK},         {"-all", INTERPOSE_ALL},
};

/* INQUEST_INTERPOSE: words that take bits away, "-thread,-mask". */
static uint32_t interpose_bits(const char *text)
{
    uint32_t bits = INTERPOSE_ALL;

    while (text && *text) {
        size_t size = strcspn(text, ",");
        for (size_t i = 0; i < ARRAY_LENGTH(interpose_names); i++) {
            if (strlen(interpose_names[i].name) == size &&
                memcmp(text, interpose_names[i].name, size) == 0)
                bits &= ~interpose_names[i].bit;
        }
        text += size + (text[size] == ',');
    }
    return bits;
}

/* How `inquest run` names the library, below its directory: preload.cmake. */
static const char place[] = "/inquest/" INQUEST_DST_LIB "/libinquest.so";

/* The dumper of an installed or built tree: DIR/lib/this, DIR/bin/dumper. */
static bool dumper_beside(char path[STATE_PATH_BYTES])
{
    static const char tail[] = "/bin/inquest-dumper";
    Dl_info info;
    int slashes = 0;

    if (!dladdr((void *)config_read, &info) || !info.dli_fname)
        return false;
    size_t size = strnlen(info.dli_fname, STATE_PATH_BYTES);
    size_t end = strlen(place);
    if (size > end && memcmp(info.dli_fname + size - end, place, end) == 0) {
        size -= end;
        slashes = 1;
    }
    for (; size > 0 && slashes < 2; slashes += 1) {
        do {
            size--;
        } while (size > 0 && info.dli_fname[size] != '/');
    }
    struct text text = text_init(path, STATE_PATH_BYTES);
    text_append_bytes(&text, info.dli_fname, size);
    text_append(&text, tail);
    return !text.cut;
}

static bool read_places(struct config *config, char *const *envp)
{
    struct state_env env = {
        .inquest_state_dir = env_find(envp, "INQUEST_STATE_DIR"),
        .xdg_state_home = env_find(envp, "XDG_STATE_HOME"),
        .xdg_runtime_dir = env_find(envp, "XDG_RUNTIME_DIR"),
        .home = env_find(envp, "HOME"),
        .uid = (uint32_t)sys_call0(SYS_geteuid),
    };
    const char *dumper = env_find(envp, "INQUEST_DUMPER");

    if (dumper && dumper[0] == '/' && strlen(dumper) < STATE_PATH_BYTES) {
        box_string(config->dumper_path, sizeof config->dumper_path, dumper);
    } else if (!dumper_beside(config->dumper_path)) {
        return false;
    }
    return state_dir_path(&env, config->state_dir) == 0 &&
           state_box_dir(&env, config->box_dir) == 0;
}

static void copy_env(char *const *envp, const char *name, char *destination,
                     size_t size)
{
    const char *value = env_find(envp, name);

    box_string(destination, size, value ? value : "");
}

/*
 * ld.so(8) called as a program is /proc/self/exe, and what it loads is an
 * argument. The kernel tells (AT_BASE) that itself has no loader; and it puts
 * the name of what it loads where the kernel had its own (AT_EXECFN). One
 * without a slash it found where libraries are: of that the name is all.
 */
static void read_loaded(struct config *config)
{
    const char *name = (const char *)getauxval(AT_EXECFN);
    char link[32];
    struct text text = text_init(link, sizeof link);

    if (getauxval(AT_BASE) != 0 || !name)
        return;
    box_string(config->loaded, sizeof config->loaded, name);
    OWNED_FD fd = name[strcspn(name, "/")] == '/'
                      ? sys_openat(AT_FDCWD, name, O_PATH | O_CLOEXEC, 0)
                      : -1;
    if (fd < 0)
        return;
    text_append(&text, "/proc/self/fd/");
    text_append_i64(&text, fd);
    box_identity_link(link, config->loaded, sizeof config->loaded);
}

/* The file name of the program in buffer, "" when it cannot be known. */
static const char *program_name(const struct config *config,
                                char buffer[STATE_PATH_BYTES])
{
    box_identity_executable(config, buffer, STATE_PATH_BYTES);
    const char *slash = memrchr(buffer, '/', strlen(buffer));
    return slash ? slash + 1 : buffer;
}

/* Whether name is one of the words of list, "one,two". */
static bool is_listed(const char *list, const char *name)
{
    size_t size = strlen(name);

    while (*list) {
        size_t word = strcspn(list, ",");
        if (word == size && memcmp(list, name, size) == 0)
            return true;
        list += word + (list[word] == ',');
    }
    return false;
}

/* INQUEST_CHILDREN (run --children): all, none, or names of programs. */
static bool child_is_watched(const struct config *config, const char *children)
{
    char path[STATE_PATH_BYTES];

    if (!children || strcmp(children, "all") == 0)
        return true;
    if (strcmp(children, "none") == 0)
        return false;
    return is_listed(children, program_name(config, path));
}

/*
 * Chromium's processes, and those of what is built on it (Electron, CEF,
 * QtWebEngine), end themselves when they have a second thread or an open
 * directory as they enter their sandbox (ThreadHelpers::AssertSingleThreaded,
 * ProcUtil::HasOpenDirectory in its sandbox/linux/services). All but the first
 * carry --type=.
 */
static bool enters_sandbox(char *const *argv)
{
    if (!argv[0])
        return false;
    for (argv++; *argv; argv++) {
        if (strncmp(*argv, "--type=", strlen("--type=")) == 0)
            return true;
    }
    return false;
}

/*
 * Valgrind tells faults itself, and would tell our look at the program's stack
 * as one. It preloads libraries of this name, of any tool.
 */
static bool runs_in_valgrind(char *const *envp)
{
    static const char name[] = "/vgpreload_";
    const char *list = env_find(envp, "LD_PRELOAD");

    return list && memmem(list, strlen(list), name, strlen(name));
}

void config_read(struct config *config, char *const *argv, char *const *envp)
{
    *config = (struct config){0};
    if (getauxval(AT_SECURE) || env_is(envp, "INQUEST_DISABLE", "1") ||
        runs_in_valgrind(envp) || !read_places(config, envp)) {
        config->disabled = true;
        return;
    }
    config->sampler = !env_is(envp, "INQUEST_SAMPLER", "0");
    config->sampler_waits = enters_sandbox(argv);
    config->dumper = !env_is(envp, "INQUEST_TIER", "2");
    read_alarm(&config->alarm, envp);
    config->rate_limit = !env_is(envp, "INQUEST_RATE_LIMIT", "off");
    config->interpose = interpose_bits(env_find(envp, "INQUEST_INTERPOSE"));
    read_supervisor(config, envp);
    bool direct = config->supervisor_pid == 0 ||
                  config->supervisor_pid == (int)sys_call0(SYS_getppid);
    config->eager_box = direct && !config->sampler_waits;
    read_loaded(config);
    if (!direct &&
        !child_is_watched(config, env_find(envp, "INQUEST_CHILDREN"))) {
        config->disabled = true;
        return;
    }
    const char *track = env_find(envp, "DO_NOT_TRACK");
    config->do_not_track = track && *track && strcmp(track, "0") != 0;
    copy_env(envp, "INQUEST_APP", config->app, sizeof config->app);
    copy_env(envp, "INQUEST_APP_VERSION", config->app_version,
             sizeof config->app_version);
}
