/* Objects read, looked at and listed while our own allocations fail one by one; and
 * pages and profiles, while all do. */
#include <stdlib.h>

#include "base/macros.h"
#include "s3/page.h"
#include "s3/s3.h"
#include "support/fault.h"
#include "support/fetched.h"
#include "support/server.h"
#include "support/test.h"

static struct server *server;

/* libcurl keeps things for its next user, and does not survive all of its own
   losses. */
static const struct fault_rules rules = { .own_only = true, .may_keep = true };

static bool
count(void *context, const void *bytes, size_t n, struct fovea_error *err)
{
    size_t *size = context;
    (void)bytes;
    (void)err;
    *size += n;
    return true;
}

static enum fovea_status
walk(struct fovea_s3 *s3, struct fovea_error *err)
{
    const struct fovea_s3_name name = { .bucket = "bytes", .key = "500" };
    const struct fovea_s3_name all = { .bucket = "list", .key = "" };
    struct fovea_s3_object object;
    struct fovea_s3_listing *listing = NULL;
    const struct fovea_s3_listed *listed = NULL;
    size_t size = 0;
    enum fovea_status status =
            fovea_s3_get(s3, &name, NULL, count, &size, &object, err);
    if (!status) {
        assert_int_equal(size, 500);
        status = fovea_s3_list(s3, &all, NULL, &listing, err);
    }
    if (!status) {
        status = fovea_s3_list_next(listing, &listed, err);
    }
    if (!status) {
        assert_string_equal(listed->key, "k");
    }
    fovea_s3_list_end(listing);
    return status;
}

static enum fovea_status
ask(const void *context, struct fovea_error *err)
{
    (void)context;
    char endpoint[URL_SIZE];
    const struct fovea_s3_settings settings = {
        .s3 = { .endpoint = url_of(server_port(server), "", endpoint) },
        .first_pause_ns = 1000,
    };
    struct fovea_s3 *s3 = NULL;
    enum fovea_status status = fovea_s3_create(&settings, &s3, err);
    if (!status) {
        status = walk(s3, err);
    }
    fovea_s3_destroy(s3);
    return status;
}

static const char page[] =
        "<ListBucketResult><Contents><Key>k</Key><Size>1</Size></Contents>"
        "</ListBucketResult>";

static void
objects_without_memory_say_so(void **state)
{
    (void)state;
    (void)setenv("AWS_ACCESS_KEY_ID", "A", 1);
    (void)setenv("AWS_SECRET_ACCESS_KEY", "S", 1);
    (void)setenv("HOME", "/nonexistent", 1);
    server_put(server, "/list", "200 OK", page, sizeof page - 1);
    assert_true(fault_each_allocation(ask, NULL, rules) >= 12);
}

static enum fovea_status
read_page(const void *context, struct fovea_error *err)
{
    (void)context;
    struct fovea_page read;
    enum fovea_status status =
            fovea_page_read(page, sizeof page - 1, "", NULL, &read, err);
    if (!status) {
        fovea_page_finish(&read);
    }
    return status;
}

static void
a_page_without_memory_says_so(void **state)
{
    (void)state;
    const struct fault_rules all = { .also = FOVEA_OK };
    assert_true(fault_each_allocation(read_page, NULL, all) >= 4);
}

SERVER_FIXTURE(server)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_without_memory_say_so),
        cmocka_unit_test(a_page_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
