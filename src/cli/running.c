/* See running.h. */
#include "cli/running.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <curl/curl.h>

#include "base/error.h"
#include "base/text.h"
#include "server/control.h"
#include "sys/socket_file.h"

enum {
    ANSWER_S = 5,
    MAX_ANSWER_BYTES = 16 << 20,
    PROC_PATH_SIZE = 32
};

/* Where servers of others have their sockets. */
static const char *const patterns[] = {
    "/run/fovea",
    "/run/fovea-*",
    "/run/user/*/fovea",
    "/tmp/fovea-[0-9]*",
};

bool
fovea_running_finds_all(void)
{
    return geteuid() == 0;
}

bool
fovea_running_is_itself(const struct fovea_running *running)
{
    char path[PROC_PATH_SIZE];
    struct stat facts;
    (void)snprintf(path, sizeof path, "/proc/%lld", (long long)running->pid);
    return stat(path, &facts) == 0 && facts.st_uid == running->user;
}

void
fovea_running_finish(struct fovea_running_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        (void)close(list->all[i].fd);
    }
    free(list->all);
    *list = (struct fovea_running_list){ .n = 0 };
}

/* Whose servers a folder may hold; false if it is none. systemd links to one,
   and only root can have made a link that root owns. */
static bool
owner_of(const char *folder, uid_t *owner_out)
{
    struct stat facts;
    if (lstat(folder, &facts) ||
            (S_ISLNK(facts.st_mode) &&
                    (facts.st_uid != 0 || stat(folder, &facts)))) {
        return false;
    }
    *owner_out = facts.st_uid;
    return S_ISDIR(facts.st_mode) &&
            (facts.st_uid == geteuid() || fovea_running_finds_all());
}

/* The path by which a socket that was opened (O_PATH) is connected to: this one,
   whatever has its name by now. */
static void
proc_path(int fd, char path[PROC_PATH_SIZE])
{
    (void)snprintf(path, PROC_PATH_SIZE, "/proc/self/fd/%d", fd);
}

/* Connect to a control socket; false if no server of the owner listens there. */
static bool
meet(const char *path, uid_t owner, struct fovea_running *running_out)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct ucred peer = { .pid = 0 };
    socklen_t size = sizeof peer;
    struct stat facts;
    FOVEA_AUTO_FD int file = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    FOVEA_AUTO_FD int fd =
            socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || file < 0 || fstat(file, &facts) || !S_ISSOCK(facts.st_mode)) {
        return false;
    }
    proc_path(file, address.sun_path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address)) {
        if (errno == ECONNREFUSED && owner == geteuid()) {
            (void)!fovea_socket_make_room(path, NULL); /* it has died */
        }
        return false;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) ||
            peer.pid <= 0 || peer.uid != owner) {
        return false;
    }
    *running_out = (struct fovea_running){ file, peer.pid, peer.uid };
    file = -1;
    return true;
}

/* Take one in, unless it is there already: by another path to its folder. */
static enum fovea_status
add(struct fovea_running_list *list, struct fovea_running *running,
        struct fovea_error *err)
{
    bool is_known = false;
    for (size_t i = 0; i < list->n; i++) {
        is_known = is_known || list->all[i].pid == running->pid;
    }
    struct fovea_running *more = is_known
            ? NULL
            : reallocarray(list->all, list->n + 1, sizeof *more);
    if (!more) {
        (void)close(running->fd);
        return is_known ? FOVEA_OK
                        : fovea_fail_memory(err, list->n + 1, "servers");
    }
    list->all = more;
    more[list->n++] = *running;
    return FOVEA_OK;
}

/* "<pid>.sock": nothing else in such a folder is a control socket. */
static bool
is_control_name(const char *name)
{
    size_t n_digits = strspn(name, "0123456789");
    return n_digits > 0 && strcmp(name + n_digits, ".sock") == 0;
}

static enum fovea_status
look_in(const char *folder, struct fovea_running_list *list,
        struct fovea_error *err)
{
    uid_t owner = 0;
    DIR *entries = owner_of(folder, &owner) ? opendir(folder) : NULL;
    enum fovea_status status = FOVEA_OK;
    const struct dirent *entry;
    /* This stream is nobody else's. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while (entries && !status && (entry = readdir(entries))) {
        char path[FOVEA_CONTROL_PATH_SIZE];
        struct fovea_running running;
        int length =
                snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (is_control_name(entry->d_name) && length < (int)sizeof path &&
                meet(path, owner, &running)) {
            status = add(list, &running, err);
        }
    }
    if (entries) {
        (void)closedir(entries);
    }
    return status;
}

static enum fovea_status
look_everywhere(struct fovea_running_list *list, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(patterns) && !status; i++) {
        glob_t found = { 0 };
        /* No other thread runs. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        if (glob(patterns[i], GLOB_NOSORT, NULL, &found) == 0) {
            for (size_t k = 0; k < found.gl_pathc && !status; k++) {
                status = look_in(found.gl_pathv[k], list, err);
            }
        }
        globfree(&found);
    }
    return status;
}

static int
by_pid(const void *a, const void *b)
{
    const struct fovea_running *left = a;
    const struct fovea_running *right = b;
    return (left->pid > right->pid) - (left->pid < right->pid);
}

enum fovea_status
fovea_running_find(struct fovea_running_list *list_out, struct fovea_error *err)
{
    char folders[FOVEA_CONTROL_FOLDERS][FOVEA_CONTROL_PATH_SIZE];
    struct fovea_running_list list = { .n = 0 };
    size_t n_folders = fovea_control_folders(folders);
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < n_folders && !status; i++) {
        status = look_in(folders[i], &list, err);
    }
    if (!status && fovea_running_finds_all()) {
        status = look_everywhere(&list, err);
    }
    if (status) {
        fovea_running_finish(&list);
        return status;
    }
    if (list.n > 0) {
        qsort(list.all, list.n, sizeof *list.all, by_pid);
    }
    *list_out = list;
    return FOVEA_OK;
}

static size_t
collect(char *data, size_t one, size_t size, void *context)
{
    struct fovea_text *text = context;
    if (size > MAX_ANSWER_BYTES - text->size) {
        return 0;
    }
    fovea_text_add(text, data, size);
    return fovea_text_failed(text) ? 0 : one * size;
}

/* GET http://server/v1/pool over the socket. */
static CURLcode
get(const struct fovea_running *running, struct fovea_text *text)
{
    char path[PROC_PATH_SIZE];
    proc_path(running->fd, path);
    CURL *curl = curl_easy_init();
    CURLcode code = curl ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    if (curl) {
        (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, path);
        (void)curl_easy_setopt(curl, CURLOPT_URL, "http://localhost/v1/pool");
        (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
        (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ANSWER_S);
        (void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
        (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, text);
        code = curl_easy_perform(curl);
        curl_easy_cleanup(curl);
    }
    return code;
}

enum fovea_status
fovea_running_ask(const struct fovea_running *running, json_t **pool_out,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    CURLcode code = get(running, &text);
    json_t *pool = code == CURLE_OK && text.data
            ? json_loadb(text.data, text.size, 0, NULL)
            : NULL;
    if (!json_is_object(pool)) {
        json_decref(pool);
        return fovea_fail(err, FOVEA_ERR_FETCH,
                "the server with pid %lld does not answer: %s",
                (long long)running->pid,
                code ? curl_easy_strerror(code) : "no JSON");
    }
    *pool_out = pool;
    return FOVEA_OK;
}
