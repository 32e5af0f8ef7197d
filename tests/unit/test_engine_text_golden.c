/* Towers for texts in both layouts, from their files to their embeddings, against
 * tests/golden/make_texts.py. */
#include <math.h>

#include "checkpoint/config.h"
#include "checkpoint/safetensors.h"
#include "engine/engine.h"
#include "golden/texts.inc"
#include "support/test.h"

enum {
    N_TEXTS = sizeof ids / sizeof *ids,
    CONTEXT = sizeof *ids / sizeof **ids,
    DIMENSION = sizeof *clip / sizeof **clip
};

static void
fill_rows(const struct fovea_tower *tower, uint32_t rows[N_TEXTS][CONTEXT + 1])
{
    for (size_t i = 0; i < N_TEXTS; i++) {
        memcpy(&rows[i][1], ids[i], sizeof ids[i]);
        rows[i][0] = (uint32_t)fovea_tower_text_length(tower, ids[i], CONTEXT);
    }
}

static void
check_embeds(const float *embeds, const double expected[N_TEXTS][DIMENSION])
{
    for (size_t i = 0; i < N_TEXTS; i++) {
        double norm = 0;
        double most = 0;
        for (size_t k = 0; k < DIMENSION; k++) {
            norm += expected[i][k] * expected[i][k];
            most = fmax(most,
                    fabs(expected[i][k] - (double)embeds[i * DIMENSION + k]));
        }
        assert_true(most <= 1e-5 * sqrt(norm));
    }
}

static void
check_model(const char *name, const double expected[N_TEXTS][DIMENSION])
{
    char directory[512];
    float embeds[N_TEXTS * DIMENSION];
    uint32_t rows[N_TEXTS][CONTEXT + 1];
    struct fovea_error error;
    struct fovea_tower tower;
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_engine *engine = NULL;
    const struct fovea_engine_ops *ops = fovea_engine_default();
    (void)snprintf(directory, sizeof directory, "%s/tests/golden/models/%s",
            getenv("FOVEA_SOURCE_ROOT"), name);
    assert_ok(fovea_tower_read(directory, FOVEA_MODALITY_TEXT, &tower, &error),
            &error);
    assert_int_equal(tower.context, CONTEXT);
    assert_int_equal(tower.dimension, DIMENSION);
    assert_ok(fovea_checkpoint_open(directory, &checkpoint, &error), &error);
    const struct fovea_engine_options options = { .tower = &tower,
        .dtype = FOVEA_DTYPE_F32,
        .packed_fd = -1,
        .checkpoint = checkpoint };
    assert_ok(ops->open(&options, &engine, &error), &error);
    fovea_checkpoint_close(checkpoint);
    assert_ok(ops->prepare(engine, 1, N_TEXTS, &error), &error);
    fill_rows(&tower, rows);
    assert_ok(ops->run(engine, 0, rows, N_TEXTS, embeds, &error), &error);
    check_embeds(embeds, expected);
    ops->close(engine);
}

static void
clips_is_as_numpy_has_it(void **state)
{
    (void)state;
    check_model("open_clip_text", clip);
    check_model("clip_text", clip);
}

static void
siglips_is_as_numpy_has_it(void **state)
{
    (void)state;
    check_model("open_siglip_text", siglip);
    check_model("siglip_text", siglip);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clips_is_as_numpy_has_it),
        cmocka_unit_test(siglips_is_as_numpy_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
