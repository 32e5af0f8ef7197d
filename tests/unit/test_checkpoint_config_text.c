/* The text side of config.json: where it is, defaults, and every refusal. */
#include "base/macros.h"
#include "checkpoint/config.h"
#include "spec/families.h"
#include "support/test.h"

static enum fovea_status
parse(const char *text, struct fovea_tower *tower, struct fovea_error *error)
{
    return fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE, "config.json",
            text, strlen(text), FOVEA_MODALITY_TEXT, tower, error);
}

static struct fovea_tower
read_text(const char *text)
{
    struct fovea_error error;
    struct fovea_tower tower = { .width = 7 };
    assert_ok(parse(text, &tower, &error), &error);
    assert_int_equal(tower.modality, FOVEA_MODALITY_TEXT);
    assert_int_equal(tower.side_px, 0);
    assert_int_equal(tower.patch_px, 0);
    assert_int_equal(fovea_tower_tokens(&tower), tower.context);
    return tower;
}

static void
check_refused(const char *text, enum fovea_status code, const char *part)
{
    struct fovea_error error;
    struct fovea_tower tower = { .width = 7 };
    assert_fails(parse(text, &tower, &error), &error, code, part);
    assert_non_null(strstr(error.message, "config.json"));
    assert_int_equal(tower.width, 7);
}

static void
clip_has_its_defaults(void **state)
{
    (void)state;
    static const char *const texts[] = { "{\"text_config\": {}}",
        "{\"model_type\": \"clip\", \"text_config\": "
        "{\"model_type\": \"clip_text_model\", \"vocab_size\": null}}",
        "{\"model_type\": \"clip_text_model\"}" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(texts); i++) {
        struct fovea_tower tower = read_text(texts[i]);
        assert_int_equal(tower.family, FOVEA_FAMILY_CLIP);
        assert_int_equal(tower.width, 512);
        assert_int_equal(tower.mlp, 2048);
        assert_int_equal(tower.n_layers, 12);
        assert_int_equal(tower.n_heads, 8);
        assert_int_equal(tower.vocabulary, 49408);
        assert_int_equal(tower.context, 77);
        assert_int_equal(tower.end_id, 49407);
        assert_false(tower.ends_at_largest);
        assert_true(tower.is_causal);
        assert_int_equal(tower.pooling, FOVEA_POOLING_LAST);
        assert_true(tower.has_projection);
        assert_false(tower.has_projection_bias || tower.has_pre_norm ||
                tower.has_class_token);
        assert_int_equal(tower.dimension, 512);
        assert_int_equal(tower.activation, FOVEA_ACTIVATION_QUICK_GELU);
        assert_float_equal(tower.eps, 1e-5, 1e-9);
    }
}

static void
siglip_has_its_defaults(void **state)
{
    (void)state;
    struct fovea_tower tower = read_text("{\"model_type\": \"siglip\", "
                                         "\"text_config\": {\"model_type\": "
                                         "\"siglip_text_model\"}}");
    assert_int_equal(tower.family, FOVEA_FAMILY_SIGLIP);
    assert_int_equal(tower.width, 768);
    assert_int_equal(tower.mlp, 3072);
    assert_int_equal(tower.n_heads, 12);
    assert_int_equal(tower.vocabulary, 32000);
    assert_int_equal(tower.context, 64);
    assert_int_equal(tower.pad_id, 1);
    assert_false(tower.is_causal || tower.ends_at_largest);
    assert_true(tower.has_projection && tower.has_projection_bias);
    assert_int_equal(tower.dimension, 768);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_GELU_TANH);
    assert_float_equal(tower.eps, 1e-6, 1e-10);
    tower = read_text("{\"model_type\": \"siglip_text_model\", "
                      "\"hidden_size\": 1152, \"num_attention_heads\": 16, "
                      "\"vocab_size\": 256000, \"pad_token_id\": 0, "
                      "\"eos_token_id\": 2, \"max_position_embeddings\": 16}");
    assert_int_equal(tower.dimension, 1152);
    assert_int_equal(tower.vocabulary, 256000);
    assert_int_equal(tower.context, 16);
    assert_int_equal(tower.pad_id, 0);
    assert_false(tower.ends_at_largest);
    tower = read_text("{\"model_type\": \"siglip\", \"projection_size\": 5, "
                      "\"text_config\": {\"projection_size\": 1536}}");
    assert_int_equal(tower.dimension, 1536);
}

static void
fields_are_read(void **state)
{
    (void)state;
    struct fovea_tower tower = read_text(
            "{\"projection_dim\": 33, \"hidden_size\": 9, \"text_config\": "
            "{\"hidden_size\": 48, \"intermediate_size\": 96, "
            "\"num_hidden_layers\": 3, \"num_attention_heads\": 4, "
            "\"vocab_size\": 60, \"max_position_embeddings\": 20, "
            "\"projection_dim\": 7, \"hidden_act\": \"gelu\", "
            "\"eos_token_id\": 59, \"image_size\": 224, \"patch_size\": 32, "
            "\"layer_norm_eps\": 1e-6}}");
    assert_int_equal(tower.width, 48);
    assert_int_equal(tower.mlp, 96);
    assert_int_equal(tower.n_layers, 3);
    assert_int_equal(tower.n_heads, 4);
    assert_int_equal(tower.vocabulary, 60);
    assert_int_equal(tower.context, 20);
    assert_int_equal(tower.dimension, 33);
    assert_int_equal(tower.end_id, 59);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_GELU);
    assert_float_equal(tower.eps, 1e-6, 1e-10);
    tower = read_text("{\"model_type\": \"clip_text_model\", "
                      "\"projection_dim\": 7}");
    assert_int_equal(tower.dimension, 7);
}

/* Old files pool at the largest id; where they say the same twice, the dict wins
   with the defaults of what it leaves out. */
static void
old_files_are_read_as_they_were_meant(void **state)
{
    (void)state;
    struct fovea_tower tower =
            read_text("{\"text_config\": {\"eos_token_id\": 2, "
                      "\"hidden_size\": 768, \"num_attention_heads\": 12}}");
    assert_true(tower.ends_at_largest);
    assert_int_equal(tower.width, 768);
    tower = read_text("{\"text_config\": {\"eos_token_id\": 2, "
                      "\"hidden_size\": 768, \"hidden_act\": \"gelu\"}, "
                      "\"text_config_dict\": {\"hidden_size\": 256}}");
    assert_false(tower.ends_at_largest);
    assert_int_equal(tower.end_id, 49407);
    assert_int_equal(tower.width, 256);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_QUICK_GELU);
    tower = read_text("{\"text_config_dict\": null, "
                      "\"text_config\": {\"hidden_size\": 768, "
                      "\"num_attention_heads\": 12}}");
    assert_int_equal(tower.width, 768);
}

static void
a_model_without_words_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        { "{}", "there is no text_config" },
        { "{\"model_type\": \"clip\"}", "there is no text_config" },
        { "{\"model_type\": \"clip_vision_model\"}", "no text tower" },
        { "{\"model_type\": \"siglip_vision_model\"}", "no text tower" },
        { "{\"model_type\": \"clip\", \"text_config\": null}",
                "no text tower" },
        { "{\"model_type\": \"clip\", \"text_config\": {\"model_type\": "
          "\"metaclip_2_text_model\"}}",
                "text_config.model_type: \"metaclip_2_text_model\" is no text "
                "tower of CLIP" },
        { "{\"model_type\": \"siglip\", \"text_config\": {\"model_type\": "
          "\"clip_text_model\"}}",
                "is no text tower of SigLIP" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        check_refused(cases[i].text, FOVEA_ERR_TEXT_UNSUPPORTED, cases[i].part);
    }
}

static void
a_family_without_words_says_so(void **state)
{
    (void)state;
    for (int id = 0; id < FOVEA_N_FAMILIES; id++) {
        const struct fovea_family *family =
                fovea_family_get((enum fovea_family_id)id);
        assert_true((family->read_text != NULL) == (family->no_text == NULL));
    }
}

static void
what_is_not_valid_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *part;
    } cases[] = {
        { "{\"text_config\": 3}", "text_config: must be an object" },
        { "{\"text_config_dict\": []}", "text_config_dict: must be an object" },
        { "{\"text_config\": {\"vocab_size\": 0}}", "text_config.vocab_size" },
        { "{\"text_config\": {\"vocab_size\": 1048577}}", "1048577 is not in" },
        { "{\"text_config\": {\"max_position_embeddings\": 513}}",
                "513 is not in 1..512" },
        { "{\"text_config\": {\"eos_token_id\": -1}}",
                "text_config.eos_token_id: -1 is not in 0.." },
        { "{\"text_config\": {\"pad_token_id\": [1]}}", "pad_token_id" },
        { "{\"text_config\": {\"num_attention_heads\": 7}}",
                "7 does not divide hidden_size 512" },
        { "{\"text_config\": {}, \"projection_dim\": 0}", "projection_dim" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        check_refused(cases[i].text, FOVEA_ERR_MODEL_CONFIG, cases[i].part);
    }
    check_refused("{\"text_config\": {\"hidden_act\": \"relu\"}}",
            FOVEA_ERR_MODEL_UNSUPPORTED, "\"relu\"");
}

static void
a_text_tower_has_no_images(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"model_type\": \"clip_text_model\"}",
        "{\"model_type\": \"siglip_text_model\"}"
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(texts); i++) {
        struct fovea_error error;
        struct fovea_tower tower;
        assert_fails(fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE,
                             "config.json", texts[i], strlen(texts[i]),
                             FOVEA_MODALITY_IMAGE, &tower, &error),
                &error, FOVEA_ERR_MODEL_UNSUPPORTED, "text_model\" is not a");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clip_has_its_defaults),
        cmocka_unit_test(siglip_has_its_defaults),
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(old_files_are_read_as_they_were_meant),
        cmocka_unit_test(a_model_without_words_says_so),
        cmocka_unit_test(a_family_without_words_says_so),
        cmocka_unit_test(what_is_not_valid_is_named),
        cmocka_unit_test(a_text_tower_has_no_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
