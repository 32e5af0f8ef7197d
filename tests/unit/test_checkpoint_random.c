/*
 * Random checkpoints, the table of the tower's tensors, and a checkpoint that
 * is written and read back.
 */
#include <math.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/digest.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/random.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/tensor_source.h"
#include "checkpoint/tensors.h"
#include "spec/families.h"
#include "support/test.h"
#include "support/tower.h"

static const struct fovea_tower tiny = {
    .width = 64,
    .mlp = 128,
    .n_layers = 3,
    .n_heads = 4,
    .side_px = 64,
    .patch_px = 16,
    .has_class_token = true,
    .has_pre_norm = true,
    .has_projection = true,
    .dimension = 32,
    .activation = FOVEA_ACTIVATION_GELU_TANH,
    .eps = 1e-6F,
};

static struct fovea_checkpoint *
make(const struct fovea_tower *config, uint64_t seed)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(fovea_checkpoint_create_random(config, seed, &checkpoint, &error),
            &error);
    return checkpoint;
}

static float *
read_tensor(const struct fovea_checkpoint *checkpoint, const char *name,
        size_t *n_out)
{
    struct fovea_error error;
    const struct fovea_tensor *tensor = fovea_checkpoint_find(checkpoint, name);
    assert_non_null(tensor);
    float *values = malloc(tensor->n_elements * sizeof *values);
    assert_non_null(values);
    assert_ok(fovea_checkpoint_read(checkpoint, tensor, values, &error),
            &error);
    *n_out = tensor->n_elements;
    return values;
}

/* ViT-B/32 has 87 849 216 parameters: 87 456 000 in the vision model (Hugging
 * Face's count) and 768 * 512 in the projection. */
static void
the_table_counts_every_parameter(void **state)
{
    (void)state;
    static const struct fovea_tower b32 = {
        .width = 768,
        .mlp = 3072,
        .n_layers = 12,
        .n_heads = 12,
        .side_px = 224,
        .patch_px = 32,
        .has_class_token = true,
        .has_pre_norm = true,
        .has_projection = true,
        .dimension = 512,
        .eps = 1e-5F,
    };
    struct fovea_error error;
    struct fovea_tensors_summary summary;
    struct fovea_checkpoint *checkpoint = make(&b32, 1);
    assert_ok(fovea_tensors_check(&b32, checkpoint, &summary, &error), &error);
    assert_int_equal(summary.n_elements, 87849216);
    assert_int_equal(summary.largest_n_elements, 3072 * 768);
    assert_string_equal(summary.dtype, "F32");
    assert_int_equal(fovea_tensor_count(&b32), 8 + 12 * 16);
    fovea_checkpoint_close(checkpoint);
}

static void
the_first_wrong_tensor_is_named(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_tensors_summary summary;
    struct fovea_checkpoint *checkpoint = make(&tiny, 1);
    struct fovea_tower other = tiny;
    other.n_layers = 4;
    assert_fails(fovea_tensors_check(&other, checkpoint, &summary, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS,
            "vision_model.encoder.layers.3.layer_norm1.weight is missing");
    other = tiny;
    other.mlp = 100;
    assert_fails(fovea_tensors_check(&other, checkpoint, &summary, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS,
            "layers.0.mlp.fc1.weight has shape [128, 64], the config asks for "
            "[100, 64]");
    other = tiny;
    other.patch_px = 32;
    assert_fails(fovea_tensors_check(&other, checkpoint, &summary, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS, "asks for [64, 3, 32, 32]");
    checkpoint->entries[5].tensor.type = FOVEA_TENSOR_OTHER;
    assert_fails(fovea_tensors_check(&tiny, checkpoint, &summary, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS, "is neither F32");
    checkpoint->entries[5].tensor.type = FOVEA_TENSOR_BF16;
    assert_ok(fovea_tensors_check(&tiny, checkpoint, &summary, &error), &error);
    assert_string_equal(summary.dtype, "mixed");
    for (size_t i = 0; i < checkpoint->n_entries; i++) {
        checkpoint->entries[i].tensor.type = FOVEA_TENSOR_F16;
    }
    assert_ok(fovea_tensors_check(&tiny, checkpoint, &summary, &error), &error);
    assert_string_equal(summary.dtype, "F16");
    fovea_checkpoint_close(checkpoint);
}

static void
check_spread(const char *name, double mean, double scale)
{
    struct fovea_checkpoint *checkpoint = make(&tiny, 7);
    size_t n = 0;
    FOVEA_AUTO_FREE float *values = read_tensor(checkpoint, name, &n);
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)values[i];
        squares += ((double)values[i] - mean) * ((double)values[i] - mean);
    }
    /* Five standard errors. */
    double size = (double)n;
    assert_true(fabs(sum / size - mean) < 5 * scale / sqrt(size));
    assert_true(fabs(sqrt(squares / size) / scale - 1) < 5 / sqrt(2 * size));
    fovea_checkpoint_close(checkpoint);
}

static void
values_are_spread_as_promised(void **state)
{
    (void)state;
    check_spread("vision_model.embeddings.class_embedding", 0, 0.5);
    check_spread("vision_model.embeddings.patch_embedding.weight", 0,
            1 / sqrt(768));
    check_spread("vision_model.embeddings.position_embedding.weight", 0, 0.3);
    check_spread("vision_model.encoder.layers.1.mlp.fc2.weight", 0,
            1.5 / sqrt(128));
    check_spread("vision_model.encoder.layers.1.mlp.fc1.bias", 0, 0.1);
    check_spread("vision_model.post_layernorm.weight", 1, 0.2);
    check_spread("visual_projection.weight", 0, 1.5 / sqrt(64));
}

static void
values_depend_on_seed_and_name_alone(void **state)
{
    (void)state;
    static const char q[] = "vision_model.encoder.layers.0.self_attn.q_proj"
                            ".weight";
    static const char k[] = "vision_model.encoder.layers.0.self_attn.k_proj"
                            ".weight";
    size_t n = 0;
    struct fovea_checkpoint *one = make(&tiny, 1);
    struct fovea_checkpoint *again = make(&tiny, 1);
    struct fovea_checkpoint *two = make(&tiny, 2);
    FOVEA_AUTO_FREE float *a = read_tensor(one, q, &n);
    FOVEA_AUTO_FREE float *b = read_tensor(one, k, &n);
    FOVEA_AUTO_FREE float *c = read_tensor(again, q, &n);
    FOVEA_AUTO_FREE float *d = read_tensor(two, q, &n);
    assert_int_equal(n, 64 * 64);
    assert_memory_equal(a, c, n * sizeof *a);
    assert_memory_not_equal(a, b, n * sizeof *a);
    assert_memory_not_equal(a, d, n * sizeof *a);
    fovea_checkpoint_close(one);
    fovea_checkpoint_close(again);
    fovea_checkpoint_close(two);
}

static void
check_same_weights(const struct fovea_checkpoint *a,
        const struct fovea_checkpoint *b)
{
    assert_int_equal(fovea_checkpoint_count(a), fovea_checkpoint_count(b));
    for (size_t i = 0; i < fovea_checkpoint_count(a); i++) {
        const char *name = fovea_checkpoint_at(a, i)->name;
        size_t n_a = 0;
        size_t n_b = 0;
        FOVEA_AUTO_FREE float *values_a = read_tensor(a, name, &n_a);
        FOVEA_AUTO_FREE float *values_b = read_tensor(b, name, &n_b);
        assert_int_equal(n_a, n_b);
        assert_memory_equal(values_a, values_b, n_a * sizeof *values_a);
    }
}

static void
remove_saved(const char *directory)
{
    static const char *const names[] = { "config.json",
        "preprocessor_config.json", "model.safetensors" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(directory), 0);
}

static void
check_same_tower(const struct fovea_tower *a, const struct fovea_tower *b)
{
    struct fovea_piece piece_a;
    struct fovea_piece piece_b;
    assert_int_equal(a->family, b->family);
    assert_int_equal(a->n_heads, b->n_heads);
    assert_int_equal(a->side_px, b->side_px);
    assert_int_equal(a->patch_px, b->patch_px);
    assert_int_equal(a->dimension, b->dimension);
    assert_int_equal(a->activation, b->activation);
    assert_int_equal(a->antialiases_positions, b->antialiases_positions);
    assert_memory_equal(&a->eps, &b->eps, sizeof a->eps);
    size_t i = 0;
    while (fovea_tower_stored(a, i, &piece_a)) {
        assert_true(fovea_tower_stored(b, i, &piece_b));
        assert_int_equal(piece_a.role, piece_b.role);
        assert_int_equal(piece_a.k, piece_b.k);
        assert_int_equal(piece_a.n, piece_b.n);
        i++;
    }
    assert_false(fovea_tower_stored(b, i, &piece_b));
}

/* Of a tower of each family, and of each class of one. */
static void
what_is_saved_reads_back(void **state)
{
    (void)state;
    const struct {
        struct fovea_tower tower;
        enum fovea_resize resize;
        uint32_t edge_px;
    } cases[] = {
        { tiny, FOVEA_RESIZE_SHORTEST, 64 },
        { SIGLIP_TOWER(48, 96, 2, 3, 62, 14), FOVEA_RESIZE_EXACT, 62 },
        { DINOV2_TOWER(48, 120, 2, 3, 56, 14, 98, 0), FOVEA_RESIZE_SHORTEST,
                64 },
        { DINOV2_TOWER(48, 120, 2, 3, 56, 14, 98, 3), FOVEA_RESIZE_SHORTEST,
                64 },
    };
    char parent[] = "/tmp/fovea-random-XXXXXX";
    char directory[64];
    assert_non_null(mkdtemp(parent));
    (void)snprintf(directory, sizeof directory, "%s/model", parent);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct fovea_tower *tower = &cases[i].tower;
        struct fovea_error error;
        struct fovea_checkpoint *made = make(tower, 3);
        assert_ok(fovea_checkpoint_save(made, tower, directory, &error),
                &error);
        /* Over what is there already, too. */
        assert_ok(fovea_checkpoint_save(made, tower, directory, &error),
                &error);

        struct fovea_tower config;
        assert_ok(fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &config,
                          &error),
                &error);
        check_same_tower(&config, tower);
        struct fovea_preprocess settings;
        assert_ok(fovea_preprocess_config_read(directory, &config, &settings,
                          &error),
                &error);
        assert_int_equal(settings.resize, cases[i].resize);
        assert_int_equal(settings.resize_width_px, cases[i].edge_px);

        struct fovea_checkpoint *read = NULL;
        assert_ok(fovea_checkpoint_open(directory, &read, &error), &error);
        check_same_weights(made, read);
        fovea_checkpoint_close(read);
        fovea_checkpoint_close(made);
        remove_saved(directory);
    }
    assert_int_equal(rmdir(parent), 0);
}

static void
what_cannot_be_saved_leaves_nothing(void **state)
{
    (void)state;
    char directory[] = "/tmp/fovea-random-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct fovea_error error;
    struct fovea_checkpoint *made = make(&tiny, 3);
    struct fovea_tower other = tiny;
    other.n_layers = 4;
    assert_fails(fovea_checkpoint_save(made, &other, directory, &error), &error,
            FOVEA_ERR_MODEL_WEIGHTS, "layers.3");
    assert_int_equal(rmdir(directory), 0);
    assert_fails(fovea_checkpoint_save(made, &tiny, "/nowhere/x", &error),
            &error, FOVEA_ERR_IO, "/nowhere/x");
    fovea_checkpoint_close(made);
}

/* Each tensor of a tower in two checkpoints. */
static void
check_same_values(const struct fovea_tower *tower,
        const struct fovea_checkpoint *a, const struct fovea_checkpoint *b)
{
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec spec;
    while (fovea_tensor_next(tower, &walk, &spec)) {
        const struct fovea_tensor *tensors[] = { fovea_checkpoint_find(a,
                                                         spec.name),
            fovea_checkpoint_find(b, spec.name) };
        assert_true(tensors[0] && tensors[1]);
        const size_t n = tensors[0]->n_elements;
        assert_int_equal(n, tensors[1]->n_elements);
        struct fovea_error error;
        FOVEA_AUTO_FREE float *values = calloc(2 * n, sizeof *values);
        assert_non_null(values);
        assert_ok(fovea_checkpoint_read(a, tensors[0], values, &error), &error);
        assert_ok(fovea_checkpoint_read(b, tensors[1], values + n, &error),
                &error);
        assert_memory_equal(values, values + n, n * sizeof *values);
    }
}

static void
check_scalar(const struct fovea_checkpoint *checkpoint, const char *name,
        unsigned n_dims, float expected)
{
    struct fovea_error error;
    float value = 0.0F;
    const struct fovea_tensor *tensor = fovea_checkpoint_find(checkpoint, name);
    assert_non_null(tensor);
    assert_int_equal(tensor->n_dims, n_dims);
    assert_int_equal(tensor->n_elements, 1);
    assert_ok(fovea_checkpoint_read(checkpoint, tensor, &value, &error),
            &error);
    assert_memory_equal(&value, &expected, sizeof value);
}

/* Both towers in one directory, each with the weights that it has alone, and the
   scalars beside them. */
static void
a_model_of_both_towers_reads_back(void **state)
{
    (void)state;
    static const struct {
        struct fovea_tower image;
        struct fovea_tower text;
        bool has_bias;
    } cases[] = {
        { TOWER(32, 48, 2, 2, 32, 16, 24, FOVEA_ACTIVATION_GELU, 1e-5F),
                CLIP_TEXT_TOWER(40, 100, 2, 5, 31, 9, 24,
                        FOVEA_ACTIVATION_GELU),
                false },
        { SIGLIP_TOWER(48, 96, 2, 3, 62, 14),
                SIGLIP_TEXT_TOWER(36, 40, 2, 3, 11, 17, 48), true },
    };
    char parent[] = "/tmp/fovea-random-XXXXXX";
    char directory[64];
    assert_non_null(mkdtemp(parent));
    (void)snprintf(directory, sizeof directory, "%s/model", parent);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        const struct fovea_model_towers towers = { &cases[i].image,
            &cases[i].text };
        struct fovea_error error;
        struct fovea_checkpoint *made = NULL;
        struct fovea_checkpoint *saved = NULL;
        assert_ok(
                fovea_checkpoint_create_random_model(&towers, 3, &made, &error),
                &error);
        assert_ok(fovea_checkpoint_save_model(made, &towers, directory, &error),
                &error);
        assert_ok(fovea_checkpoint_open(directory, &saved, &error), &error);
        assert_int_equal(fovea_checkpoint_count(saved),
                fovea_checkpoint_count(made));
        const struct fovea_tower *wanted[] = { towers.image, towers.text };
        for (int k = 0; k < 2; k++) {
            struct fovea_tower tower;
            char digests[3][FOVEA_DIGEST_SIZE];
            struct fovea_checkpoint *alone = make(wanted[k], 3);
            assert_ok(fovea_tower_read(directory, wanted[k]->modality, &tower,
                              &error),
                    &error);
            check_same_tower(&tower, wanted[k]);
            assert_int_equal(tower.vocabulary, wanted[k]->vocabulary);
            assert_int_equal(tower.end_id, wanted[k]->end_id);
            assert_int_equal(tower.is_causal, wanted[k]->is_causal);
            assert_ok(fovea_digest_weights(&tower, saved, digests[k], &error),
                    &error);
            check_same_values(&tower, saved, alone);
            fovea_checkpoint_close(alone);
            assert_true(k == 0 || strcmp(digests[0], digests[1]) != 0);
        }
        check_scalar(saved, "logit_scale", cases[i].has_bias, 4.625F);
        if (cases[i].has_bias) {
            check_scalar(saved, "logit_bias", 1, -12.875F);
        }
        fovea_checkpoint_close(saved);
        fovea_checkpoint_close(made);
        remove_saved(directory);
    }
    assert_int_equal(rmdir(parent), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_counts_every_parameter),
        cmocka_unit_test(the_first_wrong_tensor_is_named),
        cmocka_unit_test(values_are_spread_as_promised),
        cmocka_unit_test(values_depend_on_seed_and_name_alone),
        cmocka_unit_test(what_is_saved_reads_back),
        cmocka_unit_test(what_cannot_be_saved_leaves_nothing),
        cmocka_unit_test(a_model_of_both_towers_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
