/* Fetching a URL, and a model, while our own allocations fail one by one. */
#include <stdlib.h>
#include <unistd.h>

#include "fovea/pull.h"

#include "base/macros.h"
#include "support/fault.h"
#include "support/fetched.h"
#include "support/server.h"
#include "support/test.h"

#define CONFIG "9e26dfeeb6e641a33dae4961196235bdb965b21b" /* git's */
#define WEIGHTS \
    "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c"
#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static struct server *server;
static char root[] = "/tmp/fovea-fault-pull-XXXXXX";

/* libcurl keeps things for its next user, and threads come and go. */
static const struct fault_rules rules = { .own_only = true, .may_keep = true };

static enum fovea_status
fetch(const void *context, struct fovea_error *err)
{
    (void)context;
    struct fovea_fetch_settings settings = fetch_settings();
    struct fovea_fetcher *fetcher = NULL;
    struct fetched fetched;
    char url[URL_SIZE];
    fetched_init(&fetched);
    enum fovea_status status = fovea_fetcher_create(&settings, &fetcher, err);
    if (!status) {
        status = fovea_fetcher_submit(fetcher,
                &(struct fovea_fetch_request){
                        .url = url_of(server_port(server), "/hops/2", url),
                        .ticket = 1,
                        .deadline_ns = FOVEA_NEVER,
                        .fetched = fetched_note,
                        .context = &fetched },
                err);
    }
    if (status) {
        fetched.n_answers = 1; /* none comes */
    } else {
        status = fetched_wait(&fetched);
        *err = fetched.result;
    }
    fovea_fetcher_destroy(fetcher);
    if (!status) {
        assert_int_equal(fetched.size, 10);
    }
    fetched_finish(&fetched);
    return status;
}

static void
a_fetch_without_memory_says_so(void **state)
{
    (void)state;
    assert_true(fault_each_allocation(fetch, NULL, rules) >= 4);
}

static void
remove_all(void)
{
    static const char *const paths[] = {
        "models--a--b/snapshots/" COMMIT "/config.json",
        "models--a--b/snapshots/" COMMIT "/model.safetensors",
        "models--a--b/snapshots/" COMMIT,
        "models--a--b/snapshots",
        "models--a--b/blobs/" CONFIG,
        "models--a--b/blobs/" CONFIG ".incomplete",
        "models--a--b/blobs/" WEIGHTS,
        "models--a--b/blobs/" WEIGHTS ".incomplete",
        "models--a--b/blobs",
        "models--a--b/refs/main",
        "models--a--b/refs",
        "models--a--b",
        ".locks/models--a--b/" CONFIG ".lock",
        ".locks/models--a--b/" WEIGHTS ".lock",
        ".locks/models--a--b",
        ".locks",
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(paths); i++) {
        char path[256];
        (void)snprintf(path, sizeof path, "%s/%s", root, paths[i]);
        (void)remove(path);
    }
}

static enum fovea_status
pull(const void *context, struct fovea_error *err)
{
    (void)context;
    FOVEA_AUTO_FREE char *directory = NULL;
    remove_all();
    enum fovea_status status = fovea_pull("a/b", NULL, &directory, err);
    assert_int_equal(!status, directory != NULL);
    return status;
}

static void
a_pull_without_memory_says_so(void **state)
{
    (void)state;
    static const char info[] = "{\"sha\":\"" COMMIT "\",\"siblings\":["
                               "{\"rfilename\":\"config.json\"},"
                               "{\"rfilename\":\"model.safetensors\"}]}";
    server_put(server, "/api/models/a/b/revision/main", "200 OK", info,
            sizeof info - 1);
    server_put(server, "/a/b/resolve/" COMMIT "/config.json",
            "200 OK\r\nETag: \"" CONFIG "\"", "{}", 2);
    server_put(server, "/a/b/resolve/" COMMIT "/model.safetensors",
            "200 OK\r\nETag: \"" WEIGHTS "\"", "weights", 7);
    char endpoint[URL_SIZE];
    (void)setenv("HF_ENDPOINT", url_of(server_port(server), "", endpoint), 1);
    (void)setenv("HF_HUB_CACHE", root, 1);
    (void)setenv("HF_TOKEN", "hf_token", 1);
    assert_true(fault_each_allocation(pull, NULL, rules) >= 40);
    remove_all();
    assert_int_equal(rmdir(root), 0);
}

static int
start(void **state)
{
    (void)state;
    server = server_start();
    return mkdtemp(root) ? 0 : -1;
}

static int
stop(void **state)
{
    (void)state;
    server_stop(server);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fetch_without_memory_says_so),
        cmocka_unit_test(a_pull_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
