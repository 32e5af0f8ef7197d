/* Each engine by its door: what a worker does with one, in its order. */
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/random.h"
#include "engine/engine.h"
#include "support/test.h"
#include "support/tower.h"
#include "sys/memfd.h"

enum {
    BATCH = 3,
    LANES = 2,
    SIDE = 32,
    IMAGE = 3 * SIDE * SIDE,
    DIMENSION = 20
};

/* As oneDNN's runtime has them. */
int omp_get_max_threads(void);
void omp_set_num_threads(int n_threads);

static const struct fovea_engine_ops *const engines[] = {
#define X(name) &fovea_engine_##name,
#include "engine/engines.def"
#undef X
};

static const struct fovea_tower tower = TOWER(48, 72, 3, 4, SIDE, 16, DIMENSION,
        FOVEA_ACTIVATION_QUICK_GELU, 1e-5F);
static const struct fovea_preprocess pixels = {
    .rescale = 1.0F / 255.0F,
    .std = { 1.0F, 1.0F, 1.0F },
};

static enum fovea_status
open_with(const struct fovea_engine_ops *ops, int packed_fd, bool is_foreign,
        struct fovea_engine **engine_out, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(fovea_checkpoint_create_random(&tower, 5, &checkpoint, err), err);
    const struct fovea_engine_options options = {
        .tower = &tower,
        .pixels = &pixels,
        .dtype = FOVEA_DTYPE_F32,
        .packed_fd = packed_fd,
        .packed_is_foreign = is_foreign,
        .checkpoint = packed_fd < 0 ? checkpoint : NULL,
    };
    enum fovea_status status = ops->open(&options, engine_out, err);
    fovea_checkpoint_close(checkpoint);
    return status;
}

static struct fovea_engine *
make(const struct fovea_engine_ops *ops, int packed_fd)
{
    struct fovea_engine *engine = NULL;
    struct fovea_error error;
    assert_ok(open_with(ops, packed_fd, false, &engine, &error), &error);
    assert_ok(ops->prepare(engine, LANES, BATCH, &error), &error);
    return engine;
}

static void
draw(uint8_t *images)
{
    uint32_t noise = 7;
    for (size_t i = 0; i < (size_t)BATCH * IMAGE; i++) {
        noise = noise * 1664525U + 1013904223U;
        images[i] = (uint8_t)(noise >> 24);
    }
}

/* Every lane, and an engine that was given what another packed. */
static void
vectors_are_the_same_in_every_lane_and_process(void **state)
{
    (void)state;
    static uint8_t images[BATCH * IMAGE];
    draw(images);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(engines); i++) {
        const struct fovea_engine_ops *ops = engines[i];
        struct fovea_engine *packer = make(ops, -1);
        int fd = ops->take_packed(packer);
        assert_true(fd >= 0 && fovea_memfd_is_sealed(fd));
        assert_int_equal(ops->take_packed(packer), -1);
        struct fovea_engine *other = make(ops, fd);
        assert_int_equal(ops->take_packed(other), -1);
        struct fovea_error error;
        float expected[BATCH * DIMENSION];
        float found[BATCH * DIMENSION];
        assert_ok(ops->run(packer, 0, images, BATCH, expected, &error), &error);
        assert_memory_not_equal(expected, expected + DIMENSION,
                DIMENSION * sizeof(float));
        for (unsigned lane = 0; lane < LANES; lane++) {
            assert_ok(ops->run(other, lane, images, BATCH, found, &error),
                    &error);
            assert_memory_equal(found, expected, sizeof found);
        }
        assert_int_equal(ops->shared_bytes(other), ops->shared_bytes(packer));
        ops->close(other);
        ops->close(packer);
        (void)close(fd);
    }
}

static void
weights_that_are_none_are_refused(void **state)
{
    (void)state;
    static const uint8_t nothing[8192];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(engines); i++) {
        struct fovea_error error;
        struct fovea_engine *engine = NULL;
        int fd = -1;
        assert_ok(fovea_memfd_create("test", &fd, &error), &error);
        assert_ok(fovea_memfd_write(fd, nothing, sizeof nothing, &error),
                &error);
        assert_fails(open_with(engines[i], fd, true, &engine, &error), &error,
                FOVEA_ERR_MODEL_WEIGHTS, "damaged");
        assert_fails(open_with(engines[i], fd, false, &engine, &error), &error,
                FOVEA_ERR_MODEL_WEIGHTS, "not sealed");
        assert_null(engine);
        engines[i]->close(NULL);
        (void)close(fd);
    }
}

/* The host is told without the engine. */
static void
it_takes_what_it_is_said_to_cost(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(engines); i++) {
        const struct fovea_engine_ops *ops = engines[i];
        struct fovea_engine *engine = make(ops, -1);
        struct fovea_cost cost = ops->cost(&tower, FOVEA_DTYPE_F32, BATCH);
        assert_true(ops->shared_bytes(engine) > 0);
        assert_true(ops->shared_bytes(engine) <= cost.shared_bytes);
        assert_true(ops->lanes_bytes(engine) > 0);
        assert_true(ops->lanes_bytes(engine) <= LANES * cost.lane_bytes);
        ops->close(engine);
    }
    struct fovea_cost ours = fovea_engine_cost(&tower, FOVEA_DTYPE_AUTO, BATCH);
    struct fovea_cost theirs =
            fovea_engine_default()->cost(&tower, FOVEA_DTYPE_AUTO, BATCH);
    assert_int_equal(ours.shared_bytes, theirs.shared_bytes);
    assert_int_equal(ours.lane_bytes, theirs.lane_bytes);
}

/* Whether one is faster is not asked: machines differ. */
static void
layers_take_time(void **state)
{
    (void)state;
    static const struct fovea_choice_shape shapes[] = { { 64, 128, 2, 1 },
        { 256, 512, 4, 3 }, { 320, 1280, 5, 8 } };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(engines); i++) {
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(shapes); k++) {
            struct fovea_choice_times times = { 0, 0 };
            struct fovea_error error;
            assert_ok(engines[i]->time_layer(&shapes[k], &times, &error),
                    &error);
            assert_true(fovea_choice_times_are_good(&times));
        }
    }
}

static void
words_tell_engines_apart(void **state)
{
    (void)state;
    char words[FOVEA_ARRAY_LEN(engines)][FOVEA_ENGINE_WORD_SIZE];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(engines); i++) {
        engines[i]->word(words[i]);
        assert_true(words[i][0] && !strchr(words[i], ' '));
        assert_true(engines[i]->name[0]);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(words[i], words[k]);
            assert_string_not_equal(engines[i]->name, engines[k]->name);
        }
    }
}

/* It is a guest in its caller's thread. */
static void
the_callers_threads_are_left_alone(void **state)
{
    (void)state;
    static uint8_t images[BATCH * IMAGE];
    float vectors[BATCH * DIMENSION];
    struct fovea_error error;
    omp_set_num_threads(5);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(engines); i++) {
        struct fovea_engine *engine = make(engines[i], -1);
        assert_ok(engines[i]->run(engine, 1, images, 1, vectors, &error),
                &error);
        engines[i]->close(engine);
        assert_int_equal(omp_get_max_threads(), 5);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_the_same_in_every_lane_and_process),
        cmocka_unit_test(weights_that_are_none_are_refused),
        cmocka_unit_test(it_takes_what_it_is_said_to_cost),
        cmocka_unit_test(layers_take_time),
        cmocka_unit_test(words_tell_engines_apart),
        cmocka_unit_test(the_callers_threads_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
