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
    COVER,
    BOOKS,
    ADD_BOOK,
    BOOK,
    BURN,
    SHELF,
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
    [COVER] = { .method = "GET",
            .paths = { "/shelves/{name}/books/{id}/cover" },
            .name = "/cover",
            .handle = handle },
    [BOOKS] = { .method = "GET",
            .paths = { "/shelves/{name}/books" },
            .name = "/books",
            .handle = handle },
    [ADD_BOOK] = { .method = "POST",
            .paths = { "/shelves/{name}/books" },
            .name = "/books",
            .handle = handle },
    [BOOK] = { .method = "GET",
            .paths = { "/shelves/{name}/books/{id}" },
            .name = "/books",
            .handle = handle },
    [BURN] = { .method = "DELETE",
            .paths = { "/shelves/{name}/books/{id}" },
            .name = "/books",
            .handle = handle },
    [SHELF] = { .method = "GET",
            .paths = { "/shelves/{name}" },
            .name = "/shelves",
            .handle = handle },
};

static const struct fovea_http_routes routes = { rows, N_ROWS, "/list" };

/* What the route's variable stands for is rest, the second one's more. */
static void
check_variable(const struct fovea_http_route *route, const char *target,
        unsigned index, const char *expected)
{
    size_t size = 0;
    const char *got = route
            ? fovea_http_route_variable(route, target, index, &size)
            : NULL;
    if (!expected != !got ||
            (expected &&
                    (strlen(expected) != size ||
                            memcmp(expected, got, size) != 0))) {
        fail_msg("%s: \"%.*s\" in the place of variable %u", target, (int)size,
                got ? got : "", index);
    }
}

static void
ask(const char *method, const char *url, int row, const char *first,
        const char *second)
{
    char target[FOVEA_HTTP_PATH_SIZE];
    fovea_http_route_simplify(url, target);
    const struct fovea_http_route *found =
            fovea_http_route_find(&routes, target, method);
    if (found != (row < 0 ? NULL : &rows[row])) {
        fail_msg("%s: another route than %d", url, row);
    }
    check_variable(found, target, 0, first);
    check_variable(found, target, 1, second);
}

static void
check(const char *url, int row, const char *rest)
{
    ask("GET", url, row, rest, NULL);
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
    assert_string_equal(target, "");
    /* Nor is it that of what is left of it. */
    memcpy(url, "/things/", 8);
    check(url, -1, NULL);
    url[FOVEA_HTTP_PATH_SIZE - 1] = '\0';
    check(url, THING, url + 8);
}

static void
variables_stand_for_what_is_there(void **state)
{
    (void)state;
    ask("GET", "/shelves/a", SHELF, "a", NULL);
    ask("GET", "/shelves/a/books", BOOKS, "a", NULL);
    ask("GET", "/shelves/a/books/1", BOOK, "a", "1");
    ask("GET", "/shelves/a/books/1/2", BOOK, "a", "1/2");
    ask("GET", "/shelves/a/books/1/cover", COVER, "a", "1");
    ask("GET", "/shelves/a/books/1/2/cover", COVER, "a", "1/2");
    ask("GET", "/shelves/a/books/cover", BOOK, "a", "cover");
    ask("GET", "/shelves/a/books/cover/cover", COVER, "a", "cover");
    ask("GET", "/shelves/", -1, NULL, NULL);
    ask("GET", "/shelves//books", SHELF, "books", NULL);
}

static void
a_path_has_routes_of_several_methods(void **state)
{
    (void)state;
    ask("POST", "/shelves/a/books", ADD_BOOK, "a", NULL);
    ask("HEAD", "/shelves/a/books", BOOKS, "a", NULL);
    ask("DELETE", "/shelves/a/books/b/c", BURN, "a", "b/c");
    /* The first that has the path, which does not take it. */
    ask("DELETE", "/shelves/a/books", BOOKS, "a", NULL);
    ask("PUT", "/shelves/a/books/1", BOOK, "a", "1");
    /* It is a cover, and no book that is called 1/cover. */
    ask("DELETE", "/shelves/a/books/1/cover", COVER, "a", "1");
    assert_string_equal(
            fovea_http_route_allow(&routes, "/shelves/a/books/1/cover"),
            "GET, HEAD, OPTIONS");
    assert_string_equal(fovea_http_route_allow(&routes, "/shelves/a/books/1"),
            "GET, HEAD, DELETE, OPTIONS");
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
    assert_true(fovea_http_route_takes(&rows[BURN], "DELETE"));
    assert_false(fovea_http_route_takes(&rows[BURN], "GET"));
    assert_string_equal(fovea_http_route_allow(&routes, "/things"),
            "GET, HEAD, OPTIONS");
    assert_string_equal(fovea_http_route_allow(&routes, "/make"),
            "POST, OPTIONS");
}

static void
requests_are_counted_by_name_and_code(void **state)
{
    (void)state;
    struct fovea_http_counters counters = { 0 };
    struct fovea_error error;
    static const char *const names[] = { "other", "page", "/v1/things", "/make",
        "/cover", "/books", "/shelves" };
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
        cmocka_unit_test(variables_stand_for_what_is_there),
        cmocka_unit_test(a_path_has_routes_of_several_methods),
        cmocka_unit_test(a_route_takes_its_methods),
        cmocka_unit_test(requests_are_counted_by_name_and_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
