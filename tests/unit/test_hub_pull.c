/* fovea_pull()'s arguments, and being told to break off. */

#include "fovea/pull.h"

#include "support/server.h"
#include "support/test.h"

static void
check_refused(const char *key, const char *revision, enum fovea_status status,
        const char *part)
{
    const struct fovea_pull_options options = { .struct_size = sizeof options,
        .revision = revision };
    struct fovea_error error;
    char *directory = NULL;
    assert_fails(fovea_pull(key, &options, &directory, &error), &error, status,
            part);
    assert_null(directory);
    assert_int_equal(fovea_pull(key, &options, NULL, NULL), status);
}

static void
arguments_are_checked(void **state)
{
    (void)state;
    check_refused(NULL, NULL, FOVEA_ERR_ARGUMENT, "OWNER/NAME");
    check_refused("", NULL, FOVEA_ERR_ARGUMENT, "OWNER/NAME");
    check_refused("model", NULL, FOVEA_ERR_ARGUMENT, "OWNER/NAME");
    check_refused("a/b/c", NULL, FOVEA_ERR_ARGUMENT, "OWNER/NAME");
    check_refused("../b", NULL, FOVEA_ERR_ARGUMENT, "OWNER/NAME");
    check_refused("a/b", "", FOVEA_ERR_ARGUMENT, "branch, tag or commit");
    check_refused("a/b", "../c", FOVEA_ERR_ARGUMENT, "branch");
    check_refused("a/b", "c/", FOVEA_ERR_ARGUMENT, "branch");
    check_refused("a/b", "c%2F", FOVEA_ERR_ARGUMENT, "branch");
}

static void
the_environment_is_checked(void **state)
{
    (void)state;
    (void)setenv("HF_HUB_OFFLINE", "1", 1);
    check_refused("a/b", NULL, FOVEA_ERR_FETCH, "HF_HUB_OFFLINE");
    (void)unsetenv("HF_HUB_OFFLINE");
    (void)setenv("HF_ENDPOINT", "not a URL", 1);
    check_refused("a/b", NULL, FOVEA_ERR_URL, "HF_ENDPOINT");
    (void)setenv("HF_ENDPOINT", "http://me:secret@127.0.0.1", 1);
    check_refused("a/b", NULL, FOVEA_ERR_URL, "password");
    (void)unsetenv("HF_ENDPOINT");
}

static bool
refuse(void *context, const char *file, uint64_t n_bytes, uint64_t n_total)
{
    (void)file;
    (void)n_bytes;
    (void)n_total;
    ++*(unsigned *)context;
    return false;
}

/* A server that is no hub, and one that does not answer. */
static void
it_can_be_broken_off(void **state)
{
    (void)state;
    struct server *server = server_start();
    char endpoint[64];
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u/status/404",
            server_port(server));
    (void)setenv("HF_ENDPOINT", endpoint, 1);
    check_refused("a/b", NULL, FOVEA_ERR_UNKNOWN_MODEL, "has no model a/b");
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u/silent?",
            server_port(server));
    (void)setenv("HF_ENDPOINT", endpoint, 1);
    unsigned n_calls = 0;
    const struct fovea_pull_options options = {
        .struct_size = sizeof options,
        .progress = refuse,
        .context = &n_calls,
    };
    struct fovea_error error;
    assert_fails(fovea_pull("a/b", &options, NULL, &error), &error,
            FOVEA_ERR_CANCELLED, "broken off");
    /* Having said no it is not asked again. */
    assert_int_equal(n_calls, 1);
    (void)unsetenv("HF_ENDPOINT");
    server_stop(server);
}

int
main(void)
{
    (void)setenv("HF_HOME", "/nonexistent", 1);
    (void)unsetenv("HF_TOKEN");
    (void)unsetenv("HF_TOKEN_PATH");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(the_environment_is_checked),
        cmocka_unit_test(it_can_be_broken_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
