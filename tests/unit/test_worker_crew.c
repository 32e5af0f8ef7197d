/*
 * The crew without a process around it: who is told what, in which thread, and
 * that a model whose numbers explode is found out.
 */
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/random.h"
#include "option/limits.h"
#include "support/test.h"
#include "support/tower.h"
#include "worker/crew.h"

enum {
    MAX_BATCH = 5,
    DIMENSION = 20,
    PIXELS_SIZE = 3 * 32 * 32
};

static const struct fovea_tower config = TOWER(48, 72, 2, 4, 32, 16, DIMENSION,
        FOVEA_ACTIVATION_QUICK_GELU, 1e-5F);

static const struct fovea_preprocess settings = {
    .filter = FOVEA_FILTER_BICUBIC,
    .resize = FOVEA_RESIZE_SHORTEST,
    .resize_height_px = 32,
    .resize_width_px = 32,
    .crop_height_px = 32,
    .crop_width_px = 32,
    .rescale = 1.0F / 255.0F,
    .mean = { 0.5F, 0.5F, 0.5F },
    .std = { 0.5F, 0.5F, 0.5F },
};

/* An engine and the crew that it was made for. */
struct party {
    const struct fovea_engine_ops *ops;
    struct fovea_engine *engine; /* NULL: pixels only */
    struct fovea_crew *crew;
};

/* What the callbacks heard; guarded by the mutex. */
struct report {
    pthread_mutex_t mutex;
    pthread_t caller;
    bool strangers; /* a callback came from another thread */
    unsigned decoded[MAX_BATCH];
    unsigned done[MAX_BATCH];
    struct fovea_error results[MAX_BATCH];
    float rows[MAX_BATCH][DIMENSION];
    int64_t forward_ns[MAX_BATCH];
};

static struct fovea_engine *
open_engine(void)
{
    struct fovea_engine *engine = NULL;
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(fovea_checkpoint_create_random(&config, 5, &checkpoint, &error),
            &error);
    const struct fovea_engine_options options = {
        .tower = &config,
        .pixels = &settings,
        .dtype = FOVEA_DTYPE_F32,
        .packed_fd = -1,
        .checkpoint = checkpoint,
    };
    assert_ok(fovea_engine_default()->open(&options, &engine, &error), &error);
    fovea_checkpoint_close(checkpoint);
    return engine;
}

static struct party
make_party(const struct fovea_engine_ops *ops, unsigned n_threads)
{
    static const struct fovea_limits defaults;
    struct party party = { .ops = ops, .engine = ops ? open_engine() : NULL };
    const struct fovea_crew_options options = {
        .lane = {
            .decoder = {
                .reader = &fovea_read_image,
                .options = { settings, fovea_limits_resolve(&defaults) },
            },
            .embedder = { ops, party.engine, DIMENSION },
        },
        .n_threads = n_threads,
        .max_batch = MAX_BATCH,
    };
    struct fovea_error error;
    assert_ok(fovea_crew_create(&options, &party.crew, &error), &error);
    return party;
}

static void
end_party(struct party *party)
{
    fovea_crew_destroy(party->crew);
    if (party->ops) {
        party->ops->close(party->engine);
    }
}

static void
hear_decoded(void *context, size_t index, int64_t decode_ns)
{
    struct report *report = context;
    assert_true(decode_ns > 0);
    (void)pthread_mutex_lock(&report->mutex);
    report->decoded[index]++;
    report->strangers |= !pthread_equal(pthread_self(), report->caller);
    (void)pthread_mutex_unlock(&report->mutex);
}

static void
hear_done(void *context, const struct fovea_item_result *result)
{
    struct report *report = context;
    (void)pthread_mutex_lock(&report->mutex);
    report->done[result->index]++;
    report->strangers |= !pthread_equal(pthread_self(), report->caller);
    report->results[result->index] = *result->error;
    report->forward_ns[result->index] = result->forward_ns;
    if (!result->error->code) {
        memcpy(report->rows[result->index], result->row,
                sizeof report->rows[0]);
    }
    (void)pthread_mutex_unlock(&report->mutex);
}

static int
open_sample(const char *rest)
{
    char path[4096];
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    (void)snprintf(path, sizeof path, "%s/%s", root ? root : ".", rest);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* Run the first n of these, all through one crew. */
static void
run(struct fovea_crew *crew, size_t n, const bool *raw, struct report *report)
{
    static const char *const paths[MAX_BATCH] = { "samples/formats/rgb.png",
        "samples/README.md", "samples/formats/baseline.jpg",
        "samples/formats/lossy.webp", "samples/formats/rgb.png" };
    struct fovea_input inputs[MAX_BATCH];
    struct fovea_work_flags flags[MAX_BATCH] = { 0 };
    for (size_t i = 0; i < n; i++) {
        flags[i].raw = raw[i];
        inputs[i] = (struct fovea_input)FOVEA_INPUT_INIT;
        inputs[i].fd = open_sample(paths[i]);
        inputs[i].size = (uint64_t)lseek(inputs[i].fd, 0, SEEK_END);
    }
    *report = (struct report){
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .caller = pthread_self(),
    };
    const struct fovea_worker_job job = {
        .n = n,
        .inputs = inputs,
        .flags = flags,
        .context = report,
        .decoded = hear_decoded,
        .done = hear_done,
    };
    fovea_crew_run(crew, &job);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(inputs[i].fd, -1);
        assert_int_equal(report->done[i], 1);
        assert_int_equal(report->decoded[i], i == 1 ? 0 : 1);
    }
}

static void
check_runs(unsigned n_threads, const struct report *expected)
{
    static const bool raw[MAX_BATCH];
    struct party party = make_party(fovea_engine_default(), n_threads);
    struct fovea_crew *crew = party.crew;
    assert_int_equal(fovea_crew_result_bytes(crew), DIMENSION * sizeof(float));
    for (size_t n = 1; n <= MAX_BATCH; n++) {
        struct report report;
        run(crew, n, raw, &report);
        for (size_t i = 0; i < n; i++) {
            enum fovea_status wanted =
                    i == 1 ? FOVEA_ERR_NOT_AN_IMAGE : FOVEA_OK;
            assert_int_equal(report.results[i].code, wanted);
            assert_true((report.forward_ns[i] > 0) == (wanted == FOVEA_OK));
            assert_memory_equal(report.rows[i], expected->rows[i],
                    sizeof report.rows[i]);
        }
        if (n_threads == 1) {
            assert_false(report.strangers);
        }
    }
    end_party(&party);
}

static void
every_image_is_reported_once_by_any_number_of_threads(void **state)
{
    (void)state;
    static const bool raw[MAX_BATCH];
    struct party party = make_party(fovea_engine_default(), 1);
    struct report expected;
    run(party.crew, MAX_BATCH, raw, &expected);
    assert_memory_equal(expected.rows[0], expected.rows[4],
            sizeof expected.rows[0]);
    assert_memory_not_equal(expected.rows[0], expected.rows[2],
            sizeof expected.rows[0]);
    end_party(&party);
    for (unsigned n_threads = 1; n_threads <= 7; n_threads++) {
        check_runs(n_threads, &expected);
    }
}

static void
lengths_are_one_unless_raw(void **state)
{
    (void)state;
    static const bool raw[MAX_BATCH] = { [2] = true };
    struct party party = make_party(fovea_engine_default(), 1);
    struct report report;
    run(party.crew, 4, raw, &report);
    for (size_t i = 0; i < 4; i++) {
        double sum = 0;
        for (size_t k = 0; k < DIMENSION; k++) {
            sum += (double)report.rows[i][k] * (double)report.rows[i][k];
        }
        if (i != 1) {
            assert_true((fabs(sum - 1) < 1e-6) == !raw[i]);
        }
    }
    end_party(&party);
}

static enum fovea_status
run_to_infinity(struct fovea_engine *engine, unsigned lane, const void *rows,
        size_t n, float *embeds, struct fovea_error *err)
{
    enum fovea_status status =
            fovea_engine_default()->run(engine, lane, rows, n, embeds, err);
    for (size_t i = 0; i < n; i++) {
        embeds[i * DIMENSION + 3] = INFINITY;
    }
    return status;
}

static void
a_vector_that_is_not_finite_is_an_error(void **state)
{
    (void)state;
    static const bool raw[MAX_BATCH] = { true };
    struct fovea_engine_ops ops = *fovea_engine_default();
    ops.run = run_to_infinity;
    struct party party = make_party(&ops, 1);
    struct report report;
    run(party.crew, 4, raw, &report);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(report.results[i].code,
                i == 1 ? FOVEA_ERR_NOT_AN_IMAGE : FOVEA_ERR_MODEL_WEIGHTS);
    }
    end_party(&party);
}

static void
pixels_need_no_model(void **state)
{
    (void)state;
    static const bool raw[MAX_BATCH];
    struct party party = make_party(NULL, 2);
    struct fovea_crew *crew = party.crew;
    struct report report;
    assert_int_equal(fovea_crew_result_bytes(crew), PIXELS_SIZE);
    assert_true(fovea_crew_scratch_bytes(crew) >= PIXELS_SIZE);
    run(crew, 4, raw, &report);
    assert_int_equal(report.results[0].code, FOVEA_OK);
    assert_int_equal(report.results[1].code, FOVEA_ERR_NOT_AN_IMAGE);
    end_party(&party);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_image_is_reported_once_by_any_number_of_threads),
        cmocka_unit_test(lengths_are_one_unless_raw),
        cmocka_unit_test(a_vector_that_is_not_finite_is_an_error),
        cmocka_unit_test(pixels_need_no_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
