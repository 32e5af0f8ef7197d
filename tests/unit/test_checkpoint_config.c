/* config.json: both layouts, defaults, and every refusal. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/config.h"
#include "support/test.h"

static enum fovea_status
parse(const char *text, struct fovea_tower *config, struct fovea_error *error)
{
    return fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE, "config.json",
            text, strlen(text), FOVEA_MODALITY_IMAGE, config, error);
}

static void
check_refused(const char *text, enum fovea_status code, const char *part)
{
    struct fovea_error error;
    struct fovea_tower config = { .width = 7 };
    assert_fails(parse(text, &config, &error), &error, code, part);
    assert_non_null(strstr(error.message, "config.json"));
    assert_int_equal(config.width, 7);
}

static void
check_invalid(const char *text, const char *part)
{
    check_refused(text, FOVEA_ERR_MODEL_CONFIG, part);
}

static void
check_unsupported(const char *text, const char *part)
{
    check_refused(text, FOVEA_ERR_MODEL_UNSUPPORTED, part);
}

static void
missing_fields_have_defaults(void **state)
{
    (void)state;
    static const char *const texts[] = { "{}", "{\"model_type\": \"clip\"}",
        "{\"vision_config\": {}}",
        "{\"vision_config\": null, \"hidden_size\": null}" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(texts); i++) {
        struct fovea_error error;
        struct fovea_tower config;
        assert_ok(parse(texts[i], &config, &error), &error);
        assert_int_equal(config.width, 768);
        assert_int_equal(config.mlp, 3072);
        assert_int_equal(config.n_layers, 12);
        assert_int_equal(config.n_heads, 12);
        assert_int_equal(config.side_px, 224);
        assert_int_equal(config.patch_px, 32);
        assert_int_equal(config.dimension, 512);
        assert_int_equal(config.activation, FOVEA_ACTIVATION_QUICK_GELU);
        assert_float_equal(config.eps, 1e-5, 1e-9);
    }
}

/* Published files hold what differs from the defaults. */
static void
siglip_has_its_own_defaults(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_tower config;
    assert_ok(parse("{\"model_type\": \"siglip\", \"vision_config\": "
                    "{\"hidden_size\": 1152, \"num_attention_heads\": 16, "
                    "\"model_type\": \"siglip_vision_model\", "
                    "\"image_size\": 384, \"patch_size\": 14}}",
                      &config, &error),
            &error);
    assert_int_equal(config.family, FOVEA_FAMILY_SIGLIP);
    assert_int_equal(config.width, 1152);
    assert_int_equal(config.dimension, 1152);
    assert_int_equal(config.mlp, 3072);
    assert_int_equal(config.n_layers, 12);
    assert_int_equal(config.activation, FOVEA_ACTIVATION_GELU_TANH);
    assert_float_equal(config.eps, 1e-6, 1e-10);
    assert_int_equal(config.pooling, FOVEA_POOLING_ATTENTION);
    assert_true(config.has_patch_bias);
    assert_false(config.has_class_token || config.has_pre_norm ||
            config.has_projection);
    /* 27 patches a side cover 378 pixels of 384. */
    assert_int_equal(fovea_tower_tokens(&config), 27 * 27);
}

static void
what_siglip_cannot_do_is_named(void **state)
{
    (void)state;
    check_unsupported("{\"model_type\": \"siglip_vision_model\", "
                      "\"vision_use_head\": false}",
            "vision_use_head: false pools nothing");
    check_unsupported("{\"model_type\": \"siglip2\"}",
            "model_type: \"siglip2\" is SigLIP 2 of any picture size (NaFlex)");
    check_unsupported("{\"model_type\": \"siglip\", \"vision_config\": "
                      "{\"model_type\": \"siglip2_vision_model\"}}",
            "of a fixed size (\"siglip\") it is");
    check_unsupported("{\"model_type\": \"siglip\", \"vision_config\": "
                      "{\"model_type\": \"clip_vision_model\"}}",
            "vision_config.model_type: \"clip_vision_model\" is not a SigLIP");
    check_invalid("{\"model_type\": \"siglip\", \"patch_size\": 225}",
            "225 is more than image_size 224");
}

static void
dinov2_has_its_own_defaults(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_tower config;
    assert_ok(parse("{\"model_type\": \"dinov2\", \"hidden_size\": 384, "
                    "\"num_attention_heads\": 6, \"image_size\": 518, "
                    "\"patch_size\": 14, \"apply_layernorm\": true}",
                      &config, &error),
            &error);
    assert_int_equal(config.family, FOVEA_FAMILY_DINOV2);
    assert_int_equal(config.dimension, 384);
    assert_int_equal(config.mlp, 1536);
    assert_int_equal(config.position_px, 518);
    assert_int_equal(config.n_registers, 0);
    assert_int_equal(config.activation, FOVEA_ACTIVATION_GELU);
    assert_float_equal(config.eps, 1e-6, 1e-10);
    assert_int_equal(config.pooling, FOVEA_POOLING_CLASS);
    assert_true(config.has_patch_bias && config.has_class_token &&
            config.has_layer_scale);
    assert_false(config.has_pre_norm || config.has_projection ||
            config.antialiases_positions);
    assert_ok(parse("{\"model_type\": \"dinov2_with_registers\", "
                    "\"mlp_ratio\": 2.5}",
                      &config, &error),
            &error);
    assert_int_equal(config.mlp, 1920);
    assert_int_equal(config.n_registers, 4);
    assert_int_equal(config.patch_px, 16);
    assert_true(config.antialiases_positions);
}

static void
what_dinov2_cannot_do_is_named(void **state)
{
    (void)state;
    check_unsupported("{\"model_type\": \"dinov2\", "
                      "\"use_swiglu_ffn\": true}",
            "use_swiglu_ffn: true, the gated MLP of DINOv2 giant, is not "
            "supported");
    check_unsupported("{\"model_type\": \"dinov2\", \"qkv_bias\": false}",
            "qkv_bias: false");
    check_invalid("{\"model_type\": \"dinov2\", \"mlp_ratio\": 1000}",
            "mlp_ratio: 1000 times hidden_size 768 is not between 1 and");
    check_invalid("{\"model_type\": \"dinov2\", \"patch_size\": 225}",
            "225 is more than image_size 224");
    check_invalid("{\"model_type\": \"dinov2_with_registers\", "
                  "\"num_register_tokens\": 0}",
            "num_register_tokens");
    /* 65,536 patches and the class token. */
    check_invalid("{\"model_type\": \"dinov2\", \"patch_size\": 14, "
                  "\"image_size\": 3584}",
            "makes 65537 tokens");
}

#define SHAPE                                                       \
    "\"hidden_size\": 64, \"intermediate_size\": 128, "             \
    "\"num_hidden_layers\": 3, \"num_attention_heads\": 4, "        \
    "\"image_size\": 96, \"patch_size\": 16, \"num_channels\": 3, " \
    "\"hidden_act\": \"gelu\", \"layer_norm_eps\": 1e-6"
#define TOWER                                         \
    SHAPE ", \"model_type\": \"clip_vision_model\", " \
          "\"torch_dtype\": \"float32\""

static void
check_tower(const char *text, uint32_t projection_dim)
{
    struct fovea_error error;
    struct fovea_tower config;
    assert_ok(parse(text, &config, &error), &error);
    assert_int_equal(config.width, 64);
    assert_int_equal(config.mlp, 128);
    assert_int_equal(config.n_layers, 3);
    assert_int_equal(config.n_heads, 4);
    assert_int_equal(config.side_px, 96);
    assert_int_equal(config.patch_px, 16);
    assert_int_equal(config.dimension, projection_dim);
    assert_int_equal(config.activation, FOVEA_ACTIVATION_GELU);
    assert_float_equal(config.eps, 1e-6, 1e-10);
}

static void
a_family_without_words_says_so(void **state)
{
    (void)state;
    static const char text[] = "{\"model_type\": \"dinov2\"}";
    struct fovea_error error;
    struct fovea_tower tower;
    assert_fails(fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE,
                         "config.json", text, strlen(text), FOVEA_MODALITY_TEXT,
                         &tower, &error),
            &error, FOVEA_ERR_TEXT_UNSUPPORTED,
            "config.json: DINOv2 models know no words");
}

static void
flat_and_nested_read_alike(void **state)
{
    (void)state;
    check_tower("{" TOWER ", \"projection_dim\": 32}", 32);
    check_tower("{\"vision_config\": {" TOWER ", \"projection_dim\": 32}}", 32);
    check_tower("{\"vision_config\": {" TOWER "}, \"projection_dim\": 48}", 48);
    /* CLIPModel projects to the number beside the tower. */
    check_tower("{\"vision_config\": {" TOWER ", \"projection_dim\": 32}, "
                "\"model_type\": \"clip\", \"projection_dim\": 48, "
                "\"hidden_size\": 999, \"text_config\": {\"hidden_size\": 9}}",
            48);
}

/* In files of CLIP's first years a second object wins, with the defaults of what it
   leaves out. */
static void
old_files_have_another_object_that_wins(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_tower config;
    assert_ok(parse("{\"vision_config\": {\"hidden_size\": 64, "
                    "\"num_hidden_layers\": 3}, \"vision_config_dict\": "
                    "{\"hidden_size\": 1024, \"num_attention_heads\": 16}}",
                      &config, &error),
            &error);
    assert_int_equal(config.width, 1024);
    assert_int_equal(config.n_layers, 12);
    assert_ok(parse("{\"vision_config\": {\"hidden_size\": 96}, "
                    "\"vision_config_dict\": null}",
                      &config, &error),
            &error);
    assert_int_equal(config.width, 96);
    check_invalid("{\"vision_config_dict\": 3}",
            "vision_config_dict: must be an obj");
}

/* MetaCLIP 2 is CLIP under other names, without words. */
static void
metaclip_2_has_clips_tower_for_images(void **state)
{
    (void)state;
    static const char text[] =
            "{\"model_type\": \"metaclip_2\", \"text_config\": {}, "
            "\"vision_config\": {" SHAPE ", \"model_type\": "
            "\"metaclip_2_vision_model\"}, \"projection_dim\": 48}";
    struct fovea_error error;
    struct fovea_tower tower;
    check_tower(text, 48);
    check_tower("{" SHAPE ", \"model_type\": \"metaclip_2_vision_model\", "
                "\"projection_dim\": 32}",
            32);
    assert_fails(fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE,
                         "config.json", text, strlen(text), FOVEA_MODALITY_TEXT,
                         &tower, &error),
            &error, FOVEA_ERR_TEXT_UNSUPPORTED,
            "texts of MetaCLIP 2 (\"metaclip_2\") are not supported");
}

static void
activations_are_known_or_named(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_tower config;
    assert_ok(parse("{\"hidden_act\": \"quick_gelu\"}", &config, &error),
            &error);
    assert_int_equal(config.activation, FOVEA_ACTIVATION_QUICK_GELU);
    assert_ok(parse("{\"hidden_act\": \"gelu_pytorch_tanh\"}", &config, &error),
            &error);
    assert_int_equal(config.activation, FOVEA_ACTIVATION_GELU_TANH);
    check_unsupported("{\"hidden_act\": \"swiglu\"}", "hidden_act: \"swiglu\"");
    check_unsupported("{\"hidden_act\": \"a\\nb\"}", "\"a?b\"");
    check_invalid("{\"hidden_act\": 3}", "hidden_act: must be a string");
}

static void
other_architectures_are_refused(void **state)
{
    (void)state;
    check_unsupported("{\"model_type\": \"bert\"}", "model_type: \"bert\"");
    check_unsupported("{\"vision_config\": {\"model_type\": \"chinese_clip\"}}",
            "vision_config.model_type");
    check_unsupported("{\"num_channels\": 4}", "num_channels: 4 channels");
    check_invalid("{\"model_type\": []}", "model_type: must be a string");
}

static void
numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = { "hidden_size", "intermediate_size",
        "num_hidden_layers", "num_attention_heads", "image_size", "patch_size",
        "projection_dim", "num_channels" };
    static const char *const values[] = { "0", "-1", "70000",
        "9223372036854775807", "32.0", "1e2", "\"32\"", "true", "[32]", "{}" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(keys); i++) {
        for (size_t j = 0; j < FOVEA_ARRAY_LEN(values); j++) {
            char text[128];
            (void)snprintf(text, sizeof text, "{\"%s\": %s}", keys[i],
                    values[j]);
            check_invalid(text, keys[i]);
        }
    }
    check_invalid("{\"projection_dim\": 0, \"vision_config\": {}}",
            "config.json: projection_dim: 0 is not in");
    check_invalid("{\"hidden_size\": 99999999999999999999}", "not valid JSON");
}

static void
epsilon_is_checked(void **state)
{
    (void)state;
    check_invalid("{\"layer_norm_eps\": 0}", "layer_norm_eps: 0 is not in");
    check_invalid("{\"layer_norm_eps\": -1e-5}", "layer_norm_eps");
    check_invalid("{\"layer_norm_eps\": 1e300}", "layer_norm_eps");
    check_invalid("{\"layer_norm_eps\": \"1e-5\"}", "must be a number");
    check_invalid("{\"layer_norm_eps\": NaN}", "not valid JSON");
    check_invalid("{\"layer_norm_eps\": 1e999}", "not valid JSON");
}

static void
shapes_must_divide(void **state)
{
    (void)state;
    check_invalid("{\"num_attention_heads\": 7}", "7 does not divide");
    check_invalid("{\"patch_size\": 30}", "30 does not divide image_size 224");
    check_invalid("{\"patch_size\": 448}", "448 does not divide");
    check_invalid("{\"image_size\": 4096, \"patch_size\": 4}", "tokens");
}

static void
what_is_not_an_object_is_refused(void **state)
{
    (void)state;
    check_invalid("", "not valid JSON");
    check_invalid("[]", "not a JSON object");
    check_invalid("7", "not a JSON object");
    check_invalid("null", "not a JSON object");
    check_invalid("{\"hidden_size\": 64", "not valid JSON");
    check_invalid("{} {}", "not valid JSON");
    check_invalid("{\"hidden_size\": 64, \"hidden_size\": 64}", "duplicate");
    check_invalid("{\"vision_config\": {\"a\": 1, \"a\": 1}}", "duplicate");
    check_invalid("{\"vision_config\": []}", "vision_config: must be an obj");
    check_invalid("{\"vision_config\": 3}", "vision_config: must be an obj");
    check_invalid("{\"\xff\": 3}", "not valid JSON");
    char deep[10000];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    check_invalid(deep, "not valid JSON");
}

static char directory[] = "/tmp/fovea-config-XXXXXX";
static char path[64];

static int
make_directory(void **state)
{
    (void)state;
    if (!mkdtemp(directory)) {
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/config.json", directory);
    return 0;
}

static int
remove_directory(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(directory);
}

static void
write_text(const char *name, const char *text, size_t padding)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    for (size_t i = 0; i < padding; i++) {
        assert_int_equal(fputc(' ', file), ' ');
    }
    assert_int_equal(fclose(file), 0);
}

static void
files_are_read(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_tower config;
    assert_fails(
            fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &config, &error),
            &error, FOVEA_ERR_MODEL_NOT_FOUND, "there is no config.json");
    assert_non_null(strstr(error.message, directory));
    write_text(path, "{\"projection_dim\": 640}", 0);
    assert_ok(
            fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &config, &error),
            &error);
    assert_int_equal(config.dimension, 640);
    write_text(path, "{\"projection_dim\": 0}", 0);
    assert_fails(
            fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &config, &error),
            &error, FOVEA_ERR_MODEL_CONFIG, path);
    write_text(path, "{}", (1 << 20) - 2);
    assert_ok(
            fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &config, &error),
            &error);
    write_text(path, "{}", (1 << 20) - 1);
    assert_fails(
            fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &config, &error),
            &error, FOVEA_ERR_MODEL_CONFIG, "1048577 bytes");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_fails(
            fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &config, &error),
            &error, FOVEA_ERR_NOT_A_FILE, "directory");
    assert_int_equal(rmdir(path), 0);
}

/* The size of images is the processor's, of positions the config's. */
static void
dinov2_takes_its_processors_size(void **state)
{
    (void)state;
    static const struct {
        const char *text; /* NULL: there is no such file */
        uint32_t side_px; /* 0: refused */
        const char *message;
    } cases[] = {
        { NULL, 224, NULL },
        { "{\"crop_size\": {\"height\": 98, \"width\": 98}}", 98, NULL },
        { "{\"crop_size\": {\"height\": 98, \"width\": 112}}", 0,
                "98 x 112 is not square" },
        { "{\"crop_size\": {\"height\": 13, \"width\": 13}}", 0,
                "images of 13 pixels make 1 tokens of patches of 14" },
    };
    char processor[96];
    (void)snprintf(processor, sizeof processor, "%s/preprocessor_config.json",
            directory);
    write_text(path,
            "{\"model_type\": \"dinov2\", \"image_size\": 518, "
            "\"patch_size\": 14}",
            0);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error;
        struct fovea_tower config;
        if (cases[i].text) {
            write_text(processor, cases[i].text, 0);
        }
        enum fovea_status status = fovea_tower_read(directory,
                FOVEA_MODALITY_IMAGE, &config, &error);
        if (cases[i].message) {
            assert_int_not_equal(status, FOVEA_OK);
            assert_non_null(strstr(error.message, cases[i].message));
        } else {
            assert_ok(status, &error);
            assert_int_equal(config.side_px, cases[i].side_px);
            assert_int_equal(config.position_px, 518);
            assert_int_equal(fovea_tower_positions(&config), 37 * 37 + 1);
        }
    }
    assert_int_equal(unlink(processor), 0);
    assert_int_equal(unlink(path), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_fields_have_defaults),
        cmocka_unit_test(siglip_has_its_own_defaults),
        cmocka_unit_test(what_siglip_cannot_do_is_named),
        cmocka_unit_test(dinov2_has_its_own_defaults),
        cmocka_unit_test(what_dinov2_cannot_do_is_named),
        cmocka_unit_test(a_family_without_words_says_so),
        cmocka_unit_test(flat_and_nested_read_alike),
        cmocka_unit_test(old_files_have_another_object_that_wins),
        cmocka_unit_test(metaclip_2_has_clips_tower_for_images),
        cmocka_unit_test(activations_are_known_or_named),
        cmocka_unit_test(other_architectures_are_refused),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(epsilon_is_checked),
        cmocka_unit_test(shapes_must_divide),
        cmocka_unit_test(what_is_not_an_object_is_refused),
        cmocka_unit_test(files_are_read),
        cmocka_unit_test(dinov2_takes_its_processors_size),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
