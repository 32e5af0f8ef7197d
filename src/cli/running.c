/* See running.h. */
#include "cli/running.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <curl/curl.h>

#include "base/error.h"
#include "base/socket_file.h"
#include "base/text.h"

enum {
    ANSWER_S = 5,
    MAX_ANSWER_BYTES = 16 << 20
};

/* The pid of who listens at a path; 0 if nobody does. */
static int64_t
listener_pid(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct ucred peer = { .pid = 0 };
    socklen_t size = sizeof peer;
    memcpy(address.sun_path, path, strlen(path) + 1);
    FOVEA_AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return 0;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address)) {
        if (errno == ECONNREFUSED) { /* its server has died */
            (void)!fovea_socket_make_room(path, NULL);
        }
        return 0;
    }
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) ? 0 : peer.pid;
}

static enum fovea_status
add(struct fovea_running **all, size_t *n, const char *path,
        struct fovea_error *err)
{
    int64_t pid = listener_pid(path);
    for (size_t i = 0; i < *n; i++) {
        pid = (*all)[i].pid == pid ? 0 : pid; /* the same folder again */
    }
    if (pid == 0) {
        return FOVEA_OK;
    }
    struct fovea_running *more = realloc(*all, (*n + 1) * sizeof *more);
    if (!more) {
        return fovea_fail_memory(err, *n + 1, "servers");
    }
    *all = more;
    struct fovea_running *running = &more[(*n)++];
    running->pid = pid;
    memcpy(running->path, path, strlen(path) + 1);
    return FOVEA_OK;
}

static enum fovea_status
look_in(const char *folder, struct fovea_running **all, size_t *n,
        struct fovea_error *err)
{
    static const char ending[] = ".sock";
    const size_t ending_size = sizeof ending - 1;
    DIR *entries = opendir(folder);
    enum fovea_status status = FOVEA_OK;
    const struct dirent *entry;
    /* This stream is nobody else's. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while (entries && !status && (entry = readdir(entries))) {
        char path[FOVEA_CONTROL_PATH_SIZE];
        size_t size = strlen(entry->d_name);
        int length =
                snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (size > ending_size && length < (int)sizeof path &&
                strcmp(entry->d_name + size - ending_size, ending) == 0) {
            status = add(all, n, path, err);
        }
    }
    if (entries) {
        (void)closedir(entries);
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
fovea_running_find(struct fovea_running **running_out, size_t *n_out,
        struct fovea_error *err)
{
    char folders[FOVEA_CONTROL_FOLDERS][FOVEA_CONTROL_PATH_SIZE];
    FOVEA_AUTO_FREE struct fovea_running *all = NULL;
    size_t n = 0;
    size_t n_folders = fovea_control_folders(folders);
    for (size_t i = 0; i < n_folders; i++) {
        enum fovea_status status = look_in(folders[i], &all, &n, err);
        if (status) {
            return status;
        }
    }
    if (n > 0) {
        qsort(all, n, sizeof *all, by_pid);
    }
    *running_out = FOVEA_TAKE(all);
    *n_out = n;
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
get(const char *path, struct fovea_text *text)
{
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
    CURLcode code = get(running->path, &text);
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
