/* Messages of shards: each one is taken by a node that has the manifest, and no other. */
#include <string.h>

#include "base/macros.h"
#include "jobs/message.h"
#include "support/test.h"

static struct fovea_manifest_shard shards[] = {
    { .first = 0, .count = 10000 },
    { .first = 10000, .count = FOVEA_SHARD_UNCOUNTED },
    { .first = 10000, .count = 1 },
};

static char model[] = "open\xe9/clip";

static struct fovea_manifest
some(void)
{
    return (struct fovea_manifest){
        .frozen = { .model = model,
                .weights = "aaaaaaaa",
                .dtype = "f32",
                .pixels = "pil" },
        .shards = shards,
        .n_shards = FOVEA_ARRAY_LEN(shards),
        .sha256 = "0123456789abcdef",
    };
}

static void
every_message_is_taken(void **state)
{
    (void)state;
    const struct fovea_manifest manifest = some();
    struct fovea_error error;
    for (uint64_t i = 0; i < FOVEA_ARRAY_LEN(shards); i++) {
        struct fovea_text text = { 0 };
        fovea_job_message_write("photos", &manifest, i, "s3://b/\"p\"\xff",
                &text);
        assert_ok(fovea_job_message_check(text.data, text.size, "photos",
                          &manifest, i, &error),
                &error);
        /* Of another shard, job or manifest it is not. */
        for (uint64_t j = 0; j < FOVEA_ARRAY_LEN(shards) + 2; j++) {
            if (j != i) {
                assert_int_equal(fovea_job_message_check(text.data, text.size,
                                         "photos", &manifest, j, &error),
                        FOVEA_ERR_JOB_MESSAGE);
            }
        }
        assert_fails(fovea_job_message_check(text.data, text.size, "other",
                             &manifest, i, &error),
                &error, FOVEA_ERR_JOB_MESSAGE, "\"job\"");
        struct fovea_manifest another = manifest;
        another.sha256[0] = 'f';
        assert_fails(fovea_job_message_check(text.data, text.size, "photos",
                             &another, i, &error),
                &error, FOVEA_ERR_JOB_MESSAGE, "\"manifest\"");
        fovea_text_finish(&text);
    }
}

static const char good[] =
        "{\"shard\":0,\"first\":0,\"count\":10000,\"job\":\"photos\","
        "\"manifest\":\"0123456789abcdef\",\"model\":\"open\xef\xbf\xbd/clip\","
        "\"digest\":\"aaaaaaaa\",\"dtype\":\"f32\",\"profile\":\"pil\","
        "\"output\":\"/there\"}";

static void
a_changed_message_is_refused(void **state)
{
    (void)state;
    static const char *const changes[][3] = {
        { "\"shard\":0", "\"shard\":1", "\"shard\"" },
        { "\"shard\":0", "\"shard\":-1", "\"shard\"" },
        { "\"shard\":0", "\"shard\":\"0\"", "\"shard\"" },
        { "\"shard\":0", "\"shard\":0.0", "\"shard\"" },
        { "\"shard\":0,", "", "\"shard\"" },
        { "\"first\":0", "\"first\":1", "\"first\"" },
        { "\"count\":10000", "\"count\":10001", "\"count\"" },
        { "\"count\":10000", "\"count\":null", "\"count\"" },
        { "\"digest\":\"a", "\"digest\":\"b", "\"digest\"" },
        { "\"f32\"", "\"bf16\"", "\"dtype\"" },
        { "\"f32\"", "\"f32\\u0000\"", "JSON" },
        { "\"pil\"", "\"torchvision\"", "\"profile\"" },
        { "/clip", "/clap", "\"model\"" },
        { "\"/there\"", "7", "\"output\"" },
        { "\"shard\":0", "\"shard\":0,\"shard\":0", "JSON" },
        { "{", "[", "JSON" },
        { "}", "", "JSON" },
    };
    const struct fovea_manifest manifest = some();
    struct fovea_error error;
    assert_ok(fovea_job_message_check(good, sizeof good - 1, "photos",
                      &manifest, 0, &error),
            &error);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(changes); i++) {
        char text[1024];
        const char *at = strstr(good, changes[i][0]);
        assert_non_null(at);
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good,
                changes[i][1], at + strlen(changes[i][0]));
        assert_fails(fovea_job_message_check(text, strlen(text), "photos",
                             &manifest, 0, &error),
                &error, FOVEA_ERR_JOB_MESSAGE, changes[i][2]);
    }
    for (size_t size = 0; size < sizeof good - 1; size++) {
        assert_int_equal(fovea_job_message_check(good, size, "photos",
                                 &manifest, 0, &error),
                FOVEA_ERR_JOB_MESSAGE);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_taken),
        cmocka_unit_test(a_changed_message_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
