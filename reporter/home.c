/* State, configuration, policy and consent in one. Context: tool. */
#include "reporter/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/data_class.h"
#include "proto/keyfile.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/denial_mark.h"

#define LOOKS_MAX   8
#define VENDOR_FILE "/../lib/inquest/vendor.conf"

/* The directory of this program, without a slash at its end. */
static int own_directory(char ret_path[STATE_PATH_BYTES])
{
    ssize_t size = readlink("/proc/self/exe", ret_path, STATE_PATH_BYTES - 1);

    if (size < 0)
        return -errno;
    ret_path[size] = '\0';
    char *slash = strrchr(ret_path, '/');
    if (!slash)
        return -ENOENT;
    *slash = '\0';
    return 0;
}

static struct state_env environment(void)
{
    return (struct state_env){
        .inquest_state_dir = getenv("INQUEST_STATE_DIR"),
        .xdg_state_home = getenv("XDG_STATE_HOME"),
        .xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
        .home = getenv("HOME"),
        .uid = geteuid(),
    };
}

#define NOTHING_SENT "nothing is sent"

static void complain(struct home *home, const char *what, const char *why)
{
    if (home->problem[0] == '\0')
        snprintf(home->problem, sizeof home->problem, "%s: %s", what, why);
}

static int read_config(struct home *home)
{
    char path[STATE_PATH_BYTES] = "";
    const char *config_home = getenv("XDG_CONFIG_HOME");
    const char *user_home = getenv("HOME");
    struct config_places places = {HOME_SYSTEM_DIR, path, getenv};

    if (config_home && config_home[0] == '/') {
        snprintf(path, sizeof path, "%s/inquest/config", config_home);
    } else if (user_home && user_home[0] == '/') {
        snprintf(path, sizeof path, "%s/.config/inquest/config", user_home);
    } else {
        places.user_file = NULL;
    }
    int r = config_open(&places, &home->config);
    const char *what = home->config.distrusted ? NOTHING_SENT : "configuration";
    if (r == 0 && home->config.problem[0] != '\0')
        complain(home, what, home->config.problem);
    return r;
}

static void read_policy(struct home *home)
{
    const char *further_path = getenv("INQUEST_POLICY_FILE");

    policy_read(HOME_SYSTEM_DIR "/policy.conf", &home->policy);
    if (further_path && further_path[0] != '\0') {
        struct policy further;
        policy_read(further_path, &further);
        policy_restrict(&home->policy, &further);
    }
    if (home->policy.problem[0] != '\0')
        complain(home, NOTHING_SENT, home->policy.problem);
}

/* DIR/lib/inquest/vendor.conf of an installed or built tree. */
static void read_vendor(struct home *home)
{
    char path[STATE_PATH_BYTES + sizeof VENDOR_FILE];

    int r = own_directory(path);
    if (r < 0) { /* what it withholds is not known */
        home->vendor =
            (struct policy){.present = true, .privacy = POLICY_PRIVACY_ON};
        (void)snprintf(home->vendor.problem, sizeof home->vendor.problem,
                       "where this program lies: %s", err_text(r));
        complain(home, NOTHING_SENT, home->vendor.problem);
        return;
    }
    memcpy(path + strlen(path), VENDOR_FILE, sizeof VENDOR_FILE);
    policy_read(path, &home->vendor);
    if (home->vendor.problem[0] != '\0')
        complain(home, NOTHING_SENT, home->vendor.problem);
}

static void read_consent(struct home *home)
{
    int r = consent_file_read(home->state_fd, &home->consent);
    char why[STATE_PATH_BYTES + POLICY_PROBLEM_BYTES];

    home->consent_error = r;
    if (r == 0)
        return;
    snprintf(why, sizeof why, "%s/%s: %s", home->state_path, CONSENT_FILE,
             keyfile_error(r));
    complain(home, NOTHING_SENT, why);
}

static bool env_set(const char *name)
{
    const char *value = getenv(name);

    return value && *value != '\0' && strcmp(value, "0") != 0;
}

/* Where reports lie is no place for a silent second choice. */
static void check_wish(struct home *home, const char *wanted)
{
    char why[STATE_PATH_BYTES + POLICY_PROBLEM_BYTES];

    if (!wanted || *wanted == '\0' || *wanted == '/')
        return;
    snprintf(why, sizeof why, "%.64s is no absolute path; using %s", wanted,
             home->state_path);
    complain(home, "INQUEST_STATE_DIR", why);
}

static int open_state(struct home *home)
{
    struct state_env env = environment();

    int r = state_dir_path(&env, home->state_path);
    if (r < 0)
        return r;
    check_wish(home, env.inquest_state_dir);
    r = state_box_dir(&env, home->box_path);
    if (r < 0)
        return r;
    r = state_dir_open(home->state_path, &home->state_fd);
    if (r < 0)
        return r;
    r = queue_open(home->state_fd, &home->queue);
    if (r == 0)
        DROP(denial_mark_move(home->state_fd)); /* it holds where it is, too */
    return r;
}

/* 1: read again, for another may have spoken since. */
static int tell_programs(struct home *home)
{
    struct consent_layers layers = home_layers(home);

    if (keyfile_unread(home->consent_error))
        return 0;
    int r = consent_page_update(home->state_fd, &layers);
    if (r == 1)
        (void)home_refresh(home);
    return r;
}

void home_tell_programs(struct home *home)
{
    int r = 1;

    for (int look = 0; r == 1 && look < LOOKS_MAX; look++)
        r = tell_programs(home);
    home->page_error = r < 0 ? r : 0;
}

int home_open(struct home *ret_home)
{
    static const struct home closed = HOME_CLOSED;

    *ret_home = closed;
    int r = open_state(ret_home);
    if (r == 0)
        r = read_config(ret_home);
    if (r < 0) {
        home_close(ret_home);
        return r;
    }
    ret_home->do_not_track = env_set("DO_NOT_TRACK");
    read_vendor(ret_home);
    read_policy(ret_home);
    read_consent(ret_home);
    home_tell_programs(ret_home);
    if (ret_home->page_error < 0)
        complain(ret_home, "consent.page", err_text(ret_home->page_error));
    return 0;
}

void home_close(struct home *home)
{
    queue_close(&home->queue);
    fd_close(&home->state_fd);
    config_close(&home->config);
}

/* What may leave of a report made now. */
static uint32_t sending_now(const struct home *home)
{
    static const struct consent_report now = {.epoch = UINT64_MAX};
    struct consent_layers layers = home_layers(home);

    return consent_sending(&layers, &now);
}

bool home_refresh(struct home *home)
{
    uint64_t epoch = home->consent.epoch; /* rises with every word */
    uint32_t sending = sending_now(home);

    read_policy(home);
    read_consent(home);
    return epoch != home->consent.epoch || sending != sending_now(home);
}

int home_reread(struct home *home)
{
    config_close(&home->config);
    int r = read_config(home);
    if (r < 0)
        return r;
    read_vendor(home);
    (void)home_refresh(home); /* whatever it says, it is what counts */
    return 0;
}

bool home_is_disabled(void)
{
    const char *value = getenv("INQUEST_DISABLE");

    return value && strcmp(value, "1") == 0;
}

struct consent_layers home_layers(const struct home *home)
{
    const char *setting = config_get(&home->config, "privacy_setting");
    bool off = setting && strcmp(setting, "off") == 0;

    if (home->policy.privacy != POLICY_PRIVACY_FREE)
        off = home->policy.privacy == POLICY_PRIVACY_OFF;
    return (struct consent_layers){
        .vendor = home->vendor.allowed,
        .distrusted = home->config.distrusted,
        .policy = home->policy.allowed,
        .required_by_rule = home->policy.required_by_rule,
        .do_not_track = home->do_not_track,
        .privacy_off = off,
        .notices = data_notices,
        .user = &home->consent,
    };
}

int home_program(const char *name, char ret_path[STATE_PATH_BYTES])
{
    char directory[STATE_PATH_BYTES];
    char path[STATE_PATH_BYTES];

    int r = own_directory(directory);
    if (r < 0)
        return r;
    int size = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (size < 0 || size >= (int)sizeof path)
        return -ENAMETOOLONG;
    if (access(path, X_OK) < 0)
        return -errno;
    memcpy(ret_path, path, sizeof path);
    return 0;
}

bool home_library_preloads(const char *path)
{
    return !strpbrk(path, " :$");
}

int home_preload(char ret_path[STATE_PATH_BYTES])
{
    char library[STATE_PATH_BYTES];
    char path[2 * STATE_PATH_BYTES];

    int r = home_library(library);
    if (r < 0)
        return r;
    int directory = (int)(strrchr(library, '/') - library);
    snprintf(path, sizeof path, "%.*s/inquest/" INQUEST_DST_LIB "/%s",
             directory, library, library + directory + 1);
    bool placed = access(path, F_OK) == 0;
    int size = snprintf(path, sizeof path, "%.*s%s%s", directory, library,
                        placed ? "/inquest/$LIB" : "", library + directory);
    if (size >= STATE_PATH_BYTES)
        return -ENAMETOOLONG;
    memcpy(ret_path, path, (size_t)size + 1);
    return 0;
}

int home_library(char ret_path[STATE_PATH_BYTES])
{
    static const char *const places[] = {
        "../lib/libinquest.so",
#ifdef INQUEST_LIBDIR
        "../" INQUEST_LIBDIR "/libinquest.so",
        "../" INQUEST_LIBDIR "/inquest/libinquest.so",
#endif
        "../lib/inquest/libinquest.so",
    };
    char directory[STATE_PATH_BYTES];
    char path[2 * STATE_PATH_BYTES];

    int r = own_directory(directory);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(places); i++) {
        snprintf(path, sizeof path, "%s/%s", directory, places[i]);
        char *real = realpath(path, NULL);
        size_t size = real ? strlen(real) : STATE_PATH_BYTES;
        if (size < STATE_PATH_BYTES)
            memcpy(ret_path, real, size + 1);
        free(real);
        if (size < STATE_PATH_BYTES)
            return 0;
    }
    return r < 0 ? r : -ENOENT;
}
