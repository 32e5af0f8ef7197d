/*
 * The server's whole life with one request when memory fails: it starts or says
 * why not, answers right or with an error or not at all, and ends in order.
 * Workers have no faults here, libmicrohttpd none of its own.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/macros.h"
#include "server/embed_request.h"
#include "server/server.h"
#include "support/fault.h"
#include "support/test.h"

enum {
    ANSWER_SIZE = 65536,
    REQUEST_SIZE = 4096
};

struct scene {
    struct fovea_server_settings settings;
    struct sockaddr_un address;
    char request[REQUEST_SIZE];
    size_t request_size;
    char vector[ANSWER_SIZE]; /* as the answer without a fault has it */
    /* of one run */
    atomic_bool is_over;
    char answer[ANSWER_SIZE];
};

/* A connection as soon as there is one to be had; -1 if there will be none. */
static int
connect_to(struct scene *scene)
{
    const struct timespec moment = { .tv_nsec = 1000000 };
    for (;;) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        if (connect(fd, (const struct sockaddr *)&scene->address,
                    sizeof scene->address) == 0) {
            return fd;
        }
        (void)close(fd);
        if (atomic_load(&scene->is_over)) {
            return -1;
        }
        (void)nanosleep(&moment, NULL);
    }
}

static void *
ask(void *context)
{
    struct scene *scene = context;
    int fd = connect_to(scene);
    if (fd < 0) {
        return NULL;
    }
    size_t size = 0;
    ssize_t n = send(fd, scene->request, scene->request_size, MSG_NOSIGNAL);
    while (n > 0 && size + 1 < sizeof scene->answer) {
        n = recv(fd, scene->answer + size, sizeof scene->answer - 1 - size, 0);
        size += n > 0 ? (size_t)n : 0;
    }
    scene->answer[size] = '\0';
    (void)close(fd);
    (void)kill(getpid(), SIGTERM);
    return NULL;
}

static enum fovea_status
serve(struct scene *scene, struct fovea_error *err)
{
    pthread_t client;
    sigset_t signals;
    const struct timespec at_once = { 0 };
    atomic_store(&scene->is_over, false);
    scene->answer[0] = '\0';
    assert_int_equal(pthread_create(&client, NULL, ask, scene), 0);
    enum fovea_status status = fovea_serve(&scene->settings, err);
    atomic_store(&scene->is_over, true);
    (void)pthread_join(client, NULL);
    /* One that came too late for this server is not the next one's. */
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    while (sigtimedwait(&signals, NULL, &at_once) > 0) {
    }
    return status;
}

static const char *
find_vector(const char *answer)
{
    const char *vector = strstr(answer, "\"embedding\":[");
    return strncmp(answer, "HTTP/1.1 200", 12) == 0 ? vector : NULL;
}

static enum fovea_status
run(const void *context, struct fovea_error *err)
{
    /* The case is const for others' sake. */
    struct scene *scene = *(struct scene *const *)context;
    enum fovea_status status = serve(scene, err);
    const char *vector = find_vector(scene->answer);
    if (vector) {
        assert_memory_equal(vector, scene->vector, strlen(scene->vector));
    } else if (scene->answer[0]) {
        /* An error that is one, as JSON or as libmicrohttpd's own. */
        assert_true(scene->answer[9] == '4' || scene->answer[9] == '5');
    }
    return status;
}

static void
set_request(struct scene *scene)
{
    /* A small JPEG of the samples. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    char path[512];
    char image[REQUEST_SIZE / 2];
    (void)snprintf(path, sizeof path,
            "%s/tests/fuzz/corpus/fuzz_decode_png/rgb", root ? root : ".");
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t size = fread(image, 1, sizeof image, file);
    (void)fclose(file);
    assert_true(size > 0 && size < sizeof image);
    int head = snprintf(scene->request, sizeof scene->request,
            "POST /v1/embeddings/image HTTP/1.1\r\nHost: localhost\r\n"
            "Connection: close\r\nContent-Length: %zu\r\n\r\n",
            size);
    assert_true(head > 0 && (size_t)head + size < sizeof scene->request);
    memcpy(scene->request + head, image, size);
    scene->request_size = (size_t)head + size;
}

static void
a_request(void **state)
{
    (void)state;
    static struct scene scene;
    static const char *models[1];
    static char model[512];
    char folder[] = "/tmp/fovea-fault-XXXXXX";
    /* Set by the build. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    assert_non_null(mkdtemp(folder));
    /* One thread so far. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    assert_int_equal(setenv("XDG_RUNTIME_DIR", folder, 1), 0);
    (void)snprintf(model, sizeof model, "%s/tests/golden/models/quick",
            root ? root : ".");
    models[0] = model;
    scene.address.sun_family = AF_UNIX;
    (void)snprintf(scene.address.sun_path, sizeof scene.address.sun_path,
            "%s/s", folder);
    struct fovea_server_settings *settings = &scene.settings;
    fovea_server_settings_init(settings);
    settings->library.max_workers = 1;
    settings->library.max_batch = 1;
    settings->library.max_queue = FOVEA_DEFAULT_QUEUE;
    settings->library.deadline_ns = FOVEA_NEVER;
    settings->library.dtype = FOVEA_DTYPE_F32;
    settings->library.cache_directory = "";
    settings->models = models;
    settings->n_models = 1;
    settings->http.host = NULL;
    settings->http.unix_path = scene.address.sun_path;
    settings->http.max_connections = 8;
    settings->http.log_file = "/dev/null";
    set_request(&scene);
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);

    struct fovea_error error;
    assert_ok(serve(&scene, &error), &error);
    const char *vector = find_vector(scene.answer);
    assert_non_null(vector);
    const char *end = strchr(vector, ']');
    assert_non_null(end);
    memcpy(scene.vector, vector, (size_t)(end - vector) + 1);

    const struct fault_rules rules = { .own_only = true, .may_keep = true };
    struct scene *context = &scene;
    assert_true(fault_each_allocation(run, &context, rules) > 20);

    char path[128];
    (void)snprintf(path, sizeof path, "%s/fovea", folder);
    (void)rmdir(path);
    assert_int_equal(rmdir(folder), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
