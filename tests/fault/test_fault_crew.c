/*
 * A worker's work without the process around it when memory or the disk fails:
 * from packing the weights to an image's vector. What gets through all the same
 * must be the right vector.
 */
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/config.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/safetensors.h"
#include "option/limits.h"
#include "support/fault.h"
#include "support/test.h"
#include "worker/crew.h"

enum {
    DIMENSION = 20
};

/* oneDNN keeps what it has compiled, and ends the process when one of its own
   allocations fails. */
static const struct fault_rules rules = { .own_only = true, .may_keep = true };

struct job {
    char model[512];
    char image[512];
    float vector[DIMENSION]; /* without a fault */
};

struct answer {
    struct fovea_error result;
    float vector[DIMENSION];
};

static void
hear_decoded(void *context, size_t index, int64_t decode_ns)
{
    (void)context;
    (void)index;
    (void)decode_ns;
}

static void
hear_done(void *context, const struct fovea_item_result *result)
{
    struct answer *answer = context;
    answer->result = *result->error;
    if (!answer->result.code) {
        memcpy(answer->vector, result->row, sizeof answer->vector);
    }
}

static enum fovea_status
embed(const struct fovea_crew_options *options, const struct job *job,
        float *vector, struct fovea_error *err)
{
    struct fovea_crew *crew = NULL;
    struct fovea_input input = FOVEA_INPUT_INIT;
    struct answer answer = { .vector = { 0 } };
    const struct fovea_work_flags flags = { .raw = false };
    enum fovea_status status = fovea_crew_create(options, &crew, err);
    if (!status) {
        status = fovea_input_open_file(job->image, &input, err);
    }
    if (!status) {
        const struct fovea_worker_job work = {
            .n = 1,
            .inputs = &input,
            .flags = &flags,
            .context = &answer,
            .decoded = hear_decoded,
            .done = hear_done,
        };
        fovea_crew_run(crew, &work);
        status = answer.result.code;
        if (status) {
            *err = answer.result;
        }
        memcpy(vector, answer.vector, sizeof answer.vector);
    }
    fovea_crew_destroy(crew);
    return status;
}

static enum fovea_status
open_engine(const struct job *job, const struct fovea_tower *config,
        struct fovea_crew_options *options, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status =
            fovea_checkpoint_open(job->model, &checkpoint, err);
    const struct fovea_engine_options wanted = {
        .tower = config,
        .pixels = &options->lane.decoder.options.settings,
        .dtype = FOVEA_DTYPE_F32,
        .packed_fd = -1,
        .checkpoint = checkpoint,
    };
    if (!status) {
        status = options->lane.embedder.ops->open(&wanted,
                &options->lane.embedder.engine, err);
    }
    fovea_checkpoint_close(checkpoint);
    return status;
}

static enum fovea_status
work(const struct job *job, float *vector, struct fovea_error *err)
{
    static const struct fovea_limits defaults;
    struct fovea_tower config;
    struct fovea_crew_options options = {
        .lane.decoder = {
            .reader = &fovea_read_image,
            .options.limits = fovea_limits_resolve(&defaults),
        },
        .lane.embedder = { fovea_engine_default(), NULL, DIMENSION },
        .n_threads = 2,
        .max_batch = 2,
    };
    enum fovea_status status =
            fovea_tower_read(job->model, FOVEA_MODALITY_IMAGE, &config, err);
    if (!status) {
        status = fovea_preprocess_config_read(job->model, &config,
                &options.lane.decoder.options.settings, err);
    }
    if (!status) {
        status = open_engine(job, &config, &options, err);
    }
    if (!status) {
        status = embed(&options, job, vector, err);
    }
    options.lane.embedder.ops->close(options.lane.embedder.engine);
    return status;
}

static enum fovea_status
run(const void *context, struct fovea_error *err)
{
    const struct job *job = context;
    float vector[DIMENSION] = { 0 };
    enum fovea_status status = work(job, vector, err);
    if (!status) {
        assert_memory_equal(vector, job->vector, sizeof vector);
    }
    return status;
}

static void
set_path(char *path, size_t size, const char *name)
{
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    int n = snprintf(path, size, "%s/%s", root ? root : ".", name);
    assert_true(n > 0 && (size_t)n < size);
}

static void
a_worker_fails_cleanly(void **state)
{
    (void)state;
    struct fovea_error error;
    struct job job = { .vector = { 0 } };
    set_path(job.model, sizeof job.model, "tests/golden/models/quick");
    set_path(job.image, sizeof job.image, "samples/formats/baseline.jpg");
    assert_ok(work(&job, job.vector, &error), &error);
    assert_true(fault_each_allocation(run, &job, rules) > 10);
    assert_true(fault_each_read(run, &job, rules) > 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
