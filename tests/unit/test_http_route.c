/* Routes as rows: which one a path is of, and what is counted of it. */
#include "base/macros.h"
#include "http/route_counters.h"
#include "support/test.h"

static bool
is_page(const char *target)
{
    return strcmp(target, "/page") == 0;
}

static void
handle(struct fovea_http_exchange *exchange)
{
    (void)exchange;
}

enum {
    PAGE,
    THINGS,
    THING,
    MAKE,
    N_ROWS
};

static const struct fovea_http_route rows[N_ROWS] = {
    [PAGE] = { .method = "GET",
            .name = "page",
            .handle = handle,
            .has = is_page },
    [THINGS] = { .method = "GET",
            .paths = { "/v1/things", "/things" },
            .name = "/v1/things",
            .handle = handle },
    [THING] = { .method = "GET",
            .paths = { "/v1/things/{id}", "/things/{id}" },
            .name = "/v1/things",
            .handle = handle },
    [MAKE] = { .method = "POST",
            .paths = { "/make" },
            .name = "/make",
            .handle = handle },
};

static const struct fovea_http_routes routes = { rows, N_ROWS, "/list" };

static void
check(const char *url, int row, const char *rest)
{
    char target[FOVEA_HTTP_PATH_SIZE];
    fovea_http_route_simplify(url, target);
    const struct fovea_http_route *found =
            fovea_http_route_find(&routes, target);
    if (found != (row < 0 ? NULL : &rows[row])) {
        fail_msg("%s: another route than %d", url, row);
    }
    const char *got = found ? fovea_http_route_rest(found, target) : NULL;
    if (!rest != !got || (rest && strcmp(rest, got) != 0)) {
        fail_msg("%s: \"%s\" in the place of {id}", url, got ? got : "NULL");
    }
}

static void
a_path_finds_its_route(void **state)
{
    (void)state;
    check("/page", PAGE, NULL);
    check("/v1/things", THINGS, NULL);
    check("/things", THINGS, NULL);
    check("//v1///things/", THINGS, NULL);
    check("/v1/things/one", THING, "one");
    check("/things/one/two/", THING, "one/two");
    check("/make", MAKE, NULL);
    check("/", -1, NULL);
    check("/makes", -1, NULL);
    check("/make/more", -1, NULL);
    check("/v1/thing", -1, NULL);
    check("/page/", PAGE, NULL);
    check("/V1/things", -1, NULL);
}

static void
a_path_that_is_too_long_is_nobodys(void **state)
{
    (void)state;
    char url[2 * FOVEA_HTTP_PATH_SIZE] = "/make";
    memset(url + 5, 'x', sizeof url - 6);
    check(url, -1, NULL);
    char target[FOVEA_HTTP_PATH_SIZE];
    fovea_http_route_simplify(url, target);
    assert_int_equal(strlen(target), FOVEA_HTTP_PATH_SIZE - 1);
}

static void
a_route_takes_its_methods(void **state)
{
    (void)state;
    assert_true(fovea_http_route_takes(&rows[THINGS], "GET"));
    assert_true(fovea_http_route_takes(&rows[THINGS], "HEAD"));
    assert_false(fovea_http_route_takes(&rows[THINGS], "POST"));
    assert_true(fovea_http_route_takes(&rows[MAKE], "POST"));
    assert_false(fovea_http_route_takes(&rows[MAKE], "HEAD"));
    assert_false(fovea_http_route_takes(&rows[MAKE], "post"));
    assert_string_equal(fovea_http_route_allow(&rows[THINGS]),
            "GET, HEAD, OPTIONS");
    assert_string_equal(fovea_http_route_allow(&rows[MAKE]), "POST, OPTIONS");
}

static void
requests_are_counted_by_name_and_code(void **state)
{
    (void)state;
    struct fovea_http_counters counters = { 0 };
    struct fovea_error error;
    static const char *const names[] = { "other", "page", "/v1/things",
        "/make" };
    assert_ok(fovea_http_counters_init(&counters, &routes, &error), &error);
    assert_int_equal(counters.n, FOVEA_ARRAY_LEN(names));
    for (size_t i = 0; i < counters.n; i++) {
        assert_string_equal(counters.routes[i].name, names[i]);
    }
    fovea_http_counters_add(&counters, NULL, FOVEA_HTTP_FIRST, 1);
    fovea_http_counters_add(&counters, &rows[THINGS], 200, 1);
    fovea_http_counters_add(&counters, &rows[THING], 200, 1);
    fovea_http_counters_add(&counters, &rows[MAKE], FOVEA_HTTP_END - 1, 1);
    assert_int_equal(counters.routes[0].answers[0], 1);
    assert_int_equal(counters.routes[2].answers[200 - FOVEA_HTTP_FIRST], 2);
    assert_int_equal(counters.routes[2].seconds.count, 2);
    assert_int_equal(
            counters.routes[3].answers[FOVEA_HTTP_END - 1 - FOVEA_HTTP_FIRST],
            1);
    fovea_http_counters_finish(&counters);
    assert_int_equal(counters.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_finds_its_route),
        cmocka_unit_test(a_path_that_is_too_long_is_nobodys),
        cmocka_unit_test(a_route_takes_its_methods),
        cmocka_unit_test(requests_are_counted_by_name_and_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
