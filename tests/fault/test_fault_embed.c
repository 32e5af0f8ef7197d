/*
 * The host's part of the way from a model's directory and an image's file to
 * the vector when memory or the disk fails: the calling thread's, and the
 * pool's. What gets through all the same must be the right vector. Workers
 * have no faults here.
 */
#include "fovea/fovea.h"

#include "base/macros.h"
#include "support/fault.h"
#include "support/test.h"

enum {
    MAX_DIMENSION = 1024
};

struct job {
    char model[512];
    char image[512];             /* "": a text, and its tokens */
    float vector[MAX_DIMENSION]; /* without a fault */
};

static enum fovea_status
embed_text(struct fovea_model *model, float *vector, struct fovea_error *err)
{
    static const char text[] = "a red bicycle";
    struct fovea_tokens tokens = FOVEA_TOKENS_INIT;
    enum fovea_status status =
            fovea_tokenize(model, text, sizeof text - 1, &tokens, err);
    if (!status) {
        assert_int_equal(tokens.n, 9);
        assert_string_equal(tokens.pieces[1], "a</w>");
        status = fovea_embed_text(model, text, sizeof text - 1, 0, vector, err);
    }
    fovea_tokens_finish(&tokens);
    return status;
}

static enum fovea_status
embed_with(struct fovea *library, const struct job *job, float *vector,
        struct fovea_error *err)
{
    struct fovea_model *model = NULL;
    enum fovea_status status =
            fovea_model_open(library, job->model, &model, err);
    if (!status) {
        assert_true(fovea_embedding_dimension(model) <= MAX_DIMENSION);
        status = job->image[0]
                ? fovea_embed_image(model, job->image, 0, vector, err)
                : embed_text(model, vector, err);
    }
    fovea_model_close(model);
    return status;
}

static enum fovea_status
embed(const struct job *job, float *vector, struct fovea_error *err)
{
    const struct fovea_options options = {
        .struct_size = sizeof options,
        .n_threads = 1,
        .max_batch = 1,
        .max_workers = 1,
        .dtype = FOVEA_DTYPE_F32,
        .cache_directory = "", /* reads less */
    };
    struct fovea *library = NULL;
    enum fovea_status status = fovea_open(&options, &library, err);
    if (!status) {
        status = embed_with(library, job, vector, err);
    }
    fovea_close(library);
    return status;
}

static enum fovea_status
run(const void *context, struct fovea_error *err)
{
    const struct job *job = context;
    float vector[MAX_DIMENSION] = { 0 };
    enum fovea_status status = embed(job, vector, err);
    if (!status) {
        assert_memory_equal(vector, job->vector, sizeof vector);
    }
    return status;
}

static void
set_path(char *path, size_t size, const char *name)
{
    /* Set by the build. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    int n = snprintf(path, size, "%s/%s", root ? root : ".", name);
    assert_true(n > 0 && (size_t)n < size);
}

static void
check(const char *model)
{
    /* A thread that ends leaves its stack to the next one. */
    const struct fault_rules rules = { .own_only = true, .may_keep = true };
    struct fovea_error error;
    struct job job = { 0 };
    set_path(job.model, sizeof job.model, model);
    set_path(job.image, sizeof job.image, "samples/formats/baseline.jpg");
    assert_ok(embed(&job, job.vector, &error), &error);
    assert_true(fault_each_allocation(run, &job, rules) > 15);
    assert_true(fault_each_read(run, &job, rules) > 3);
}

static void
a_single_file(void **state)
{
    (void)state;
    check("tests/golden/models/quick");
}

static void
shards(void **state)
{
    (void)state;
    check("tests/golden/models/sharded");
}

static void
texts(void **state)
{
    (void)state;
    /* Where a row of tokens cannot be read another worker makes one. */
    const struct fault_rules rules = { .own_only = true,
        .may_keep = true,
        .may_skip_reads = true };
    /* Set by the build. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *models = getenv("FOVEA_WHOLE_MODELS");
    struct fovea_error error;
    struct job job = { 0 };
    assert_non_null(models);
    int n = snprintf(job.model, sizeof job.model, "%s/clip", models);
    assert_true(n > 0 && (size_t)n < sizeof job.model);
    assert_ok(embed(&job, job.vector, &error), &error);
    assert_true(fault_each_allocation(run, &job, rules) > 15);
    assert_true(fault_each_read(run, &job, rules) > 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_single_file),
        cmocka_unit_test(shards),
        cmocka_unit_test(texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
