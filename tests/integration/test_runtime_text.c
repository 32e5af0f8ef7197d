/*
 * Texts through the public API: single, in batches and streams with images, and
 * what is said where a model has no text tower.
 */
#include "fovea/fovea.h"

#include "base/macros.h"
#include "support/golden.h"
#include "support/test.h"
#include "support/tree.h"

enum {
    DIMENSION = 20
};

static struct golden_model golden;
static char picture[GOLDEN_PATH_SIZE];

static int
set_up(void **state)
{
    (void)state;
    golden_path("samples/formats/rgb.png", picture);
    golden = golden_open("quick", FOVEA_DTYPE_AUTO, 1, 4);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    golden_close(&golden);
    return 0;
}

static void
refuse(enum fovea_status status, const struct fovea_error *error)
{
    assert_int_equal(status, FOVEA_ERR_TEXT_UNSUPPORTED);
    assert_int_equal(error->code, FOVEA_ERR_TEXT_UNSUPPORTED);
    assert_non_null(strstr(error->message, "quick embeds images only: "));
    assert_non_null(strstr(error->message, "no text tower"));
}

static void
a_model_without_a_text_tower_says_so(void **state)
{
    (void)state;
    struct fovea_model *model = golden.model;
    struct fovea_error error;
    float vector[DIMENSION];
    struct fovea_tokens tokens = FOVEA_TOKENS_INIT;
    const struct fovea_model_info *info = fovea_model_describe(model);
    assert_string_equal(info->family, "CLIP");
    assert_string_equal(info->logits, "none");
    assert_false(info->has_text || info->is_sigmoid);
    assert_int_equal(info->context_length, 0);
    assert_int_equal(info->text_shared_bytes, 0);
    refuse(fovea_embed_text(model, "a cat", 5, 0, vector, &error), &error);
    refuse(fovea_embed_text(model, NULL, 0, 0, vector, &error), &error);
    refuse(fovea_tokenize(model, "a cat", 5, &tokens, &error), &error);
    refuse(fovea_pool_check_text(model, &error), &error);
    refuse(fovea_pool_spawn_text_worker(model, &error), &error);
    assert_false(fovea_pool_has_text_workers(model));
    fovea_tokens_finish(&tokens);
    fovea_tokens_finish(NULL);
}

static void
a_text_that_is_refused_costs_one_item(void **state)
{
    (void)state;
    const struct fovea_item items[] = {
        { .kind = FOVEA_ITEM_TEXT, .data = "a cat", .size = 5 },
        { .kind = FOVEA_ITEM_IMAGE_PATH, .data = picture },
        { .kind = FOVEA_ITEM_TEXT },
    };
    static const float zeros[DIMENSION];
    float alone[DIMENSION];
    float rows[FOVEA_ARRAY_LEN(items)][DIMENSION];
    struct fovea_error results[FOVEA_ARRAY_LEN(items)];
    struct fovea_error error;
    assert_ok(fovea_embed_image(golden.model, picture, 0, alone, &error),
            &error);
    assert_ok(fovea_embed_batch(golden.model, items, FOVEA_ARRAY_LEN(items),
                      FOVEA_EMBED_REFUSE_TRUNCATED, rows[0], results, &error),
            &error);
    refuse(results[0].code, &results[0]);
    assert_int_equal(results[1].code, FOVEA_OK);
    refuse(results[2].code, &results[2]);
    assert_memory_equal(rows[0], zeros, sizeof zeros);
    assert_memory_equal(rows[1], alone, sizeof alone);
    assert_memory_equal(rows[2], zeros, sizeof zeros);
}

static void
texts_have_no_pixels(void **state)
{
    (void)state;
    const struct fovea_model_info *info = fovea_model_describe(golden.model);
    const struct fovea_item item = { .kind = FOVEA_ITEM_TEXT, .data = "a" };
    struct fovea_error result;
    struct fovea_error error;
    uint8_t *pixels =
            malloc(3 * (size_t)info->image_height_px * info->image_width_px);
    assert_non_null(pixels);
    assert_ok(fovea_preprocess_batch(golden.model, &item, 1, pixels, &result,
                      &error),
            &error);
    assert_int_equal(result.code, FOVEA_ERR_ARGUMENT);
    assert_non_null(strstr(result.message, "texts have no pixels"));
    free(pixels);
}

static void
wrong_arguments_are_refused(void **state)
{
    (void)state;
    struct fovea_model *model = golden.model;
    struct fovea_error error;
    float vector[DIMENSION];
    struct fovea_tokens tokens = FOVEA_TOKENS_INIT;
    assert_fails(fovea_embed_text(model, NULL, 1, 0, vector, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_embed_text(model, "a", 1, 0, NULL, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_embed_text(NULL, "a", 1, 0, vector, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_embed_text(model, "a", 1, 8, vector, &error), &error,
            FOVEA_ERR_ARGUMENT, "flags 0x8");
    assert_fails(fovea_tokenize(model, NULL, 1, &tokens, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_tokenize(model, "a", 1, NULL, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
    assert_fails(fovea_pool_check_text(NULL, &error), &error,
            FOVEA_ERR_ARGUMENT, "NULL");
}

/* A file of a model that has both towers, in a folder of ours. */
static void
link_file(const char *model, const char *file, const char *folder)
{
    const char *models = getenv("FOVEA_WHOLE_MODELS");
    char from[GOLDEN_PATH_SIZE];
    char to[128];
    assert_non_null(models);
    (void)snprintf(from, sizeof from, "%s/%s/%s", models, model, file);
    (void)snprintf(to, sizeof to, "%s/%s", folder, file);
    assert_int_equal(symlink(from, to), 0);
}

/* Vectors that cannot be compared are no answer to anybody's question. */
static void
towers_of_two_spaces_are_refused(void **state)
{
    (void)state;
    static const char config[] =
            "{\"model_type\":\"siglip\",\"vision_config\":{\"hidden_size\":32,"
            "\"intermediate_size\":64,\"num_hidden_layers\":2,"
            "\"num_attention_heads\":4,\"image_size\":32,\"patch_size\":16},"
            "\"text_config\":{\"hidden_size\":32,\"intermediate_size\":64,"
            "\"num_hidden_layers\":2,\"num_attention_heads\":4,"
            "\"vocab_size\":4000,\"projection_size\":16,"
            "\"max_position_embeddings\":16}}";
    char folder[] = "/tmp/fovea-two-XXXXXX";
    struct fovea_model *model = NULL;
    struct fovea_error error;
    assert_non_null(mkdtemp(folder));
    link_file("siglip", "model.safetensors", folder);
    link_file("siglip", "preprocessor_config.json", folder);
    link_file("siglip", "tokenizer.json", folder);
    assert_int_equal(tree_put(folder, "/config.json", config), 0);
    assert_fails(fovea_model_open(golden.library, folder, &model, &error),
            &error, FOVEA_ERR_MODEL_UNSUPPORTED, "not of one space");
    assert_int_equal(tree_empty(folder), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* A download without a tokenizer is a model of images, and says what it lacks. */
static void
without_a_tokenizer_there_are_no_texts(void **state)
{
    (void)state;
    char folder[] = "/tmp/fovea-bare-XXXXXX";
    struct fovea_model *model = NULL;
    struct fovea_error error;
    float vector[32];
    assert_non_null(mkdtemp(folder));
    link_file("clip", "config.json", folder);
    link_file("clip", "model.safetensors", folder);
    assert_ok(fovea_model_open(golden.library, folder, &model, &error), &error);
    assert_false(fovea_model_describe(model)->has_text);
    assert_fails(fovea_embed_text(model, "a", 1, 0, vector, &error), &error,
            FOVEA_ERR_TEXT_UNSUPPORTED,
            "neither tokenizer.json nor vocab.json and merges.txt");
    assert_ok(fovea_embed_image(model, picture, 0, vector, &error), &error);
    fovea_model_close(model);
    assert_int_equal(tree_empty(folder), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void
statistics_say_for_which_work(void **state)
{
    (void)state;
    struct fovea_pool_stats stats = FOVEA_POOL_STATS_INIT;
    struct fovea_error error;
    float vector[DIMENSION];
    assert_ok(fovea_embed_image(golden.model, picture, 0, vector, &error),
            &error);
    assert_ok(fovea_pool_stats(golden.library, &stats, &error), &error);
    assert_true(stats.n_models > 0 && stats.n_workers > 0);
    bool has_embed = false;
    for (size_t i = 0; i < stats.n_models; i++) {
        has_embed = has_embed || strcmp(stats.models[i].work, "embed") == 0;
    }
    assert_true(has_embed);
    for (size_t i = 0; i < stats.n_workers; i++) {
        assert_non_null(stats.workers[i].work);
    }
    fovea_pool_stats_finish(&stats);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_without_a_text_tower_says_so),
        cmocka_unit_test(a_text_that_is_refused_costs_one_item),
        cmocka_unit_test(texts_have_no_pixels),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(towers_of_two_spaces_are_refused),
        cmocka_unit_test(without_a_tokenizer_there_are_no_texts),
        cmocka_unit_test(statistics_say_for_which_work),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
