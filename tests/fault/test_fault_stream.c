/*
 * A stream when memory fails: opening it, putting into it, and its way through
 * the pool. An item that there is no memory for is answered, in its turn, with
 * that; what gets through all the same must be the right vector. Workers have
 * no faults here.
 */
#include "fovea/fovea.h"

#include "base/macros.h"
#include "support/fault.h"
#include "support/test.h"

enum {
    DIMENSION = 20, /* of the model "quick" */
    N = 3,
};

struct job {
    char model[512];
    char image[512];
    float vector[DIMENSION]; /* without a fault */
};

/* The first failure of an item, after all were taken. */
static enum fovea_status
take_all(struct fovea_stream *stream, const struct job *job,
        struct fovea_error *err)
{
    uint64_t n = 0;
    enum fovea_status status = FOVEA_OK;
    const struct fovea_stream_result *result = NULL;
    do {
        assert_ok(fovea_stream_wait(stream, FOVEA_NEVER, err), err);
        assert_ok(fovea_stream_take(stream, &result, err), err);
        if (result->state == FOVEA_STREAM_RESULT) {
            assert_int_equal(result->tag, n++);
        }
        if (result->embedding) {
            assert_memory_equal(result->embedding, job->vector,
                    sizeof job->vector);
        } else if (result->error.code && !status) {
            status = result->error.code;
            *err = result->error;
        }
    } while (result->state == FOVEA_STREAM_RESULT);
    assert_int_equal(result->state, FOVEA_STREAM_ALL_TAKEN);
    assert_int_equal(n, N);
    return status;
}

static enum fovea_status
stream_with(struct fovea_model *model, const struct job *job,
        struct fovea_error *err)
{
    struct fovea_stream *stream = NULL;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    const struct fovea_item item = {
        .kind = FOVEA_ITEM_IMAGE_PATH,
        .data = job->image,
    };
    options.ordered = true;
    options.window = N;
    enum fovea_status status = fovea_stream_open(model, &options, &stream, err);
    if (status) {
        return status;
    }
    for (uint64_t i = 0; i < N; i++) {
        assert_ok(fovea_stream_put(stream, &item, i, err), err);
    }
    status = take_all(stream, job, err);
    fovea_stream_close(stream);
    return status;
}

static enum fovea_status
run(const void *context, struct fovea_error *err)
{
    const struct job *job = context;
    struct fovea *library = NULL;
    struct fovea_model *model = NULL;
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    options.n_threads = 1;
    options.max_batch = 1;
    options.max_workers = 1;
    options.dtype = FOVEA_DTYPE_F32;
    options.cache_directory = ""; /* reads less */
    enum fovea_status status = fovea_open(&options, &library, err);
    if (!status) {
        status = fovea_model_open(library, job->model, &model, err);
    }
    if (!status) {
        status = stream_with(model, job, err);
    }
    fovea_model_close(model);
    fovea_close(library);
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
embed_directly(struct job *job)
{
    struct fovea_error error;
    struct fovea *library = NULL;
    struct fovea_model *model = NULL;
    struct fovea_options options = FOVEA_OPTIONS_INIT;
    options.dtype = FOVEA_DTYPE_F32;
    assert_ok(fovea_open(&options, &library, &error), &error);
    assert_ok(fovea_model_open(library, job->model, &model, &error), &error);
    assert_int_equal(fovea_embedding_dimension(model), DIMENSION);
    assert_ok(fovea_embed_image(model, job->image, 0, job->vector, &error),
            &error);
    fovea_model_close(model);
    fovea_close(library);
}

static void
each_item_is_answered_whatever_memory_fails(void **state)
{
    (void)state;
    /* A thread that ends leaves its stack to the next one. */
    const struct fault_rules rules = { .own_only = true, .may_keep = true };
    struct job job = { 0 };
    set_path(job.model, sizeof job.model, "tests/golden/models/quick");
    set_path(job.image, sizeof job.image, "samples/formats/baseline.jpg");
    embed_directly(&job);
    assert_true(fault_each_allocation(run, &job, rules) > 15);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_item_is_answered_whatever_memory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
