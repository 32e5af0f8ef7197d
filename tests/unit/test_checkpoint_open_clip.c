/* open_clip_config.json: what it says of a tower and of pixels, its defaults, every
 * refusal; and a directory in that layout. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/config.h"
#include "checkpoint/digest.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/random.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/tensors.h"
#include "spec/families.h"
#include "support/test.h"
#include "support/tree.h"

static const char file_name[] = "open_clip_config.json";

static enum fovea_status
parse(const char *text, struct fovea_tower *tower, struct fovea_error *error)
{
    return fovea_tower_parse(FOVEA_FILE_LAYOUT_OPEN_CLIP, file_name, text,
            strlen(text), FOVEA_MODALITY_IMAGE, tower, error);
}

static struct fovea_tower
parse_vision(const char *model, const char *vision)
{
    char text[1024];
    struct fovea_error error;
    struct fovea_tower tower;
    (void)snprintf(text, sizeof text,
            "{\"model_cfg\": {%s \"vision_cfg\": {%s}}}", model, vision);
    assert_ok(parse(text, &tower, &error), &error);
    assert_int_equal(tower.family, FOVEA_FAMILY_OPEN_CLIP);
    return tower;
}

static void
check_refused(const char *text, enum fovea_status code, const char *part)
{
    struct fovea_error error;
    struct fovea_tower tower = { .width = 7 };
    assert_fails(parse(text, &tower, &error), &error, code, part);
    assert_non_null(strstr(error.message, file_name));
    assert_int_equal(tower.width, 7);
}

static void
check_vision(const char *vision, enum fovea_status code, const char *part)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "{\"model_cfg\": {\"vision_cfg\": {%s}}}",
            vision);
    check_refused(text, code, part);
}

static void
missing_fields_have_open_clips_defaults(void **state)
{
    (void)state;
    const struct fovea_tower tower = parse_vision("", "");
    assert_int_equal(tower.modality, FOVEA_MODALITY_IMAGE);
    assert_int_equal(tower.width, 768);
    assert_int_equal(tower.mlp, 3072);
    assert_int_equal(tower.n_layers, 12);
    assert_int_equal(tower.n_heads, 12);
    assert_int_equal(tower.side_px, 224);
    assert_int_equal(tower.patch_px, 16);
    assert_int_equal(tower.dimension, 512);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_GELU);
    assert_float_equal(tower.eps, 1e-5, 1e-12);
    assert_true(tower.has_class_token && tower.has_pre_norm);
    assert_true(tower.has_projection && !tower.has_patch_bias);
}

/* As open_clip's own list of models has it: ViT-H-14-quickgelu, ViT-bigG-14. */
static void
fields_are_read(void **state)
{
    (void)state;
    struct fovea_tower tower =
            parse_vision("\"embed_dim\": 1024, \"quick_gelu\": true,",
                    "\"image_size\": 378, \"layers\": 32, \"width\": 1280, "
                    "\"head_width\": 80, \"patch_size\": 14");
    assert_int_equal(tower.dimension, 1024);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_QUICK_GELU);
    assert_int_equal(tower.side_px, 378);
    assert_int_equal(tower.n_layers, 32);
    assert_int_equal(tower.n_heads, 16);
    assert_int_equal(tower.mlp, 5120);
    assert_int_equal(tower.patch_px, 14);
    tower = parse_vision("\"embed_dim\": 1280,",
            "\"image_size\": [224, 224], \"layers\": 48, \"width\": 1664, "
            "\"head_width\": 104, \"mlp_ratio\": 4.9231, \"patch_size\": 14, "
            "\"norm_kwargs\": {\"eps\": 1e-6}, "
            "\"act_kwargs\": {\"approximate\": \"tanh\"}");
    assert_int_equal(tower.mlp, 8192);
    assert_int_equal(tower.n_heads, 16);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_GELU_TANH);
    assert_float_equal(tower.eps, 1e-6, 1e-12);
}

static void
other_towers_are_refused_by_name(void **state)
{
    (void)state;
    const enum fovea_status no = FOVEA_ERR_MODEL_UNSUPPORTED;
    check_vision("\"timm_model_name\": \"convnext_base\"", no,
            "vision_cfg.timm_model_name: \"convnext_base\" is not a CLIP");
    check_vision("\"layers\": [3, 4, 6, 3]", no, "a ResNet is not supported");
    check_vision("\"attentional_pool\": true", no,
            "vision_cfg.attentional_pool");
    check_vision("\"attentional_pool\": \"parallel\"", no, "attentional_pool");
    check_vision("\"no_ln_pre\": true", no, "vision_cfg.no_ln_pre");
    check_vision("\"pool_type\": \"avg\"", no,
            "pool_type: \"avg\" is not supported, \"tok\" is");
    check_vision("\"pos_embed_type\": \"sin_cos_2d\"", no, "pos_embed_type");
    check_vision("\"ls_init_value\": 0.1", no, "ls_init_value");
    check_vision("\"block_type\": \"custom\"", no, "block_type");
    check_vision("\"qk_norm\": true", no, "qk_norm");
    check_vision("\"scale_fc\": true", no, "scale_fc");
    check_vision("\"act_kwargs\": {\"approximate\": \"other\"}", no,
            "act_kwargs");
    check_vision("\"act_kwargs\": 7", no, "act_kwargs");
    check_vision("\"norm_kwargs\": {\"bias\": false}", no, "norm_kwargs");
    check_vision("\"image_size\": [224, 336]", no, "not square");
    /* What changes nothing when a picture is embedded. */
    (void)parse_vision("\"custom_text\": true,",
            "\"patch_dropout\": 0.5, \"output_tokens\": true, "
            "\"ls_init_value\": null, \"qk_norm\": false, "
            "\"block_type\": \"default\", \"pool_type\": \"tok\"");
}

static void
what_is_not_valid_is_refused(void **state)
{
    (void)state;
    const enum fovea_status wrong = FOVEA_ERR_MODEL_CONFIG;
    check_refused("[]", wrong, "object");
    check_refused("{}", wrong, "model_cfg: is missing");
    check_refused("{\"model_cfg\": 7}", wrong, "model_cfg: must be an object");
    check_refused("{\"model_cfg\": {}}", wrong,
            "model_cfg.vision_cfg: is missing");
    check_refused("{\"model_type\": \"clip\"}", wrong, "model_cfg");
    check_refused("{\"model_cfg\": {\"embed_dim\": 0, \"vision_cfg\": {}}}",
            wrong, "model_cfg.embed_dim");
    check_refused("{\"model_cfg\": {\"quick_gelu\": 1, \"vision_cfg\": {}}}",
            wrong, "model_cfg.quick_gelu");
    check_vision("\"timm_model_name\": 7", wrong, "must be a string");
    check_vision("\"width\": 0", wrong, "vision_cfg.width");
    check_vision("\"width\": 100, \"head_width\": 30", wrong,
            "width 100 is not made of heads of 30");
    check_vision("\"head_width\": 1000", wrong, "heads of 1000");
    check_vision("\"mlp_ratio\": 0", wrong, "mlp_ratio");
    check_vision("\"mlp_ratio\": 0.001, \"width\": 64", wrong, "mlp_ratio");
    check_vision("\"mlp_ratio\": 900, \"width\": 64000", wrong, "width");
    check_vision("\"mlp_ratio\": 900, \"width\": 6400", wrong, "mlp_ratio");
    check_vision("\"patch_size\": 15", wrong, "does not divide");
    check_vision("\"patch_size\": 1, \"image_size\": 4096", wrong, "tokens");
    check_vision("\"image_size\": [224]", wrong, "image_size");
    check_vision("\"image_size\": [5000, 5000]", wrong, "image_size");
    check_vision("\"image_size\": [\"a\", \"a\"]", wrong, "image_size");
    check_vision("\"norm_kwargs\": {\"eps\": 1}", wrong, "eps");
    check_vision("\"attentional_pool\": 0", FOVEA_ERR_MODEL_UNSUPPORTED,
            "attentional_pool");
}

/* Pixels. */

static const struct fovea_tower any = { .side_px = 224,
    .family = FOVEA_FAMILY_OPEN_CLIP };

static enum fovea_status
parse_pixels(const char *cfg, struct fovea_preprocess *settings,
        struct fovea_error *error)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
            "{\"model_cfg\": {}, \"preprocess_cfg\": %s}", cfg);
    return fovea_preprocess_config_parse(file_name, text, strlen(text), &any,
            settings, error);
}

static void
pixels_are_read(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_preprocess settings;
    assert_ok(parse_pixels("null", &settings, &error), &error);
    assert_true(settings.is_default);
    assert_ok(parse_pixels("{\"fill_color\": 9}", &settings, &error), &error);
    assert_false(settings.is_default);
    assert_int_equal(settings.filter, FOVEA_FILTER_BICUBIC);
    assert_int_equal(settings.resize, FOVEA_RESIZE_SHORTEST);
    assert_int_equal(settings.centre, FOVEA_CENTRE_OPEN_CLIP);
    assert_int_equal(settings.resize_height_px, 224);
    assert_int_equal(settings.crop_width_px, 224);
    assert_int_equal(settings.fill, 0); /* nothing is filled */
    assert_float_equal(settings.mean[0], 0.48145466, 1e-7);
    assert_float_equal(settings.std[2], 0.27577711, 1e-7);
    assert_float_equal(settings.rescale, 1.0F / 255.0F, 1e-9);
    /* The tower's size wins, as in open_clip. */
    assert_ok(parse_pixels("{\"size\": [256, 256], \"mode\": \"RGB\", "
                           "\"interpolation\": \"bilinear\", "
                           "\"resize_mode\": \"squash\", \"mean\": 0.5, "
                           "\"std\": [0.1, 0.2, 0.3]}",
                      &settings, &error),
            &error);
    assert_int_equal(settings.resize_height_px, 224);
    assert_int_equal(settings.filter, FOVEA_FILTER_BILINEAR);
    assert_int_equal(settings.resize, FOVEA_RESIZE_EXACT);
    assert_float_equal(settings.mean[1], 0.5, 0);
    assert_float_equal(settings.std[2], 0.3, 1e-7);
    assert_ok(parse_pixels("{\"resize_mode\": \"longest\", "
                           "\"interpolation\": \"random\", "
                           "\"fill_color\": 255}",
                      &settings, &error),
            &error);
    assert_int_equal(settings.resize, FOVEA_RESIZE_LONGEST);
    assert_int_equal(settings.filter, FOVEA_FILTER_BICUBIC);
    assert_int_equal(settings.fill, 255);
}

static void
other_pixels_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *cfg;
        enum fovea_status code;
        const char *part;
    } cases[] = {
        { "7", FOVEA_ERR_MODEL_CONFIG, "preprocess_cfg: must be an object" },
        { "{\"mode\": \"L\"}", FOVEA_ERR_MODEL_UNSUPPORTED,
                "preprocess_cfg.mode: \"L\" is not supported" },
        { "{\"interpolation\": \"lanczos\"}", FOVEA_ERR_MODEL_UNSUPPORTED,
                "none of bicubic, bilinear" },
        { "{\"interpolation\": 3}", FOVEA_ERR_MODEL_CONFIG, "interpolation" },
        { "{\"resize_mode\": \"crop\"}", FOVEA_ERR_MODEL_UNSUPPORTED,
                "none of shortest, longest and squash" },
        { "{\"mean\": [0.5, 0.5]}", FOVEA_ERR_MODEL_CONFIG, "mean" },
        { "{\"std\": 0}", FOVEA_ERR_MODEL_CONFIG, "std" },
        { "{\"std\": [1, 1, 0]}", FOVEA_ERR_MODEL_CONFIG, "std" },
        { "{\"resize_mode\": \"longest\", \"fill_color\": 256}",
                FOVEA_ERR_MODEL_CONFIG, "fill_color" },
        { "{\"resize_mode\": \"longest\", \"fill_color\": [0, 0, 0]}",
                FOVEA_ERR_MODEL_CONFIG, "fill_color" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error;
        struct fovea_preprocess settings = { .crop_width_px = 7 };
        assert_fails(parse_pixels(cases[i].cfg, &settings, &error), &error,
                cases[i].code, cases[i].part);
        assert_int_equal(settings.crop_width_px, 7);
    }
}

/* Directories. */

static char directory[] = "/tmp/fovea-open-clip-XXXXXX";

TREE_FIXTURE(directory)

static bool
is_there(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

static void
save(const struct fovea_tower *tower)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(fovea_checkpoint_create_random(tower, 5, &checkpoint, &error),
            &error);
    assert_ok(fovea_checkpoint_save(checkpoint, tower, directory, &error),
            &error);
    fovea_checkpoint_close(checkpoint);
}

static void
check_digest(const struct fovea_tower *tower, char digest[FOVEA_DIGEST_SIZE],
        char identity[FOVEA_DIGEST_SIZE])
{
    struct fovea_error error;
    struct fovea_tensors_summary summary;
    struct fovea_checkpoint *checkpoint = NULL;
    int64_t changed_ns = 0;
    assert_ok(fovea_checkpoint_open(directory, &checkpoint, &error), &error);
    assert_ok(fovea_tensors_check(tower, checkpoint, &summary, &error), &error);
    assert_ok(fovea_digest_weights(tower, checkpoint, digest, &error), &error);
    assert_ok(fovea_digest_identity(directory, checkpoint, identity,
                      &changed_ns, &error),
            &error);
    fovea_checkpoint_close(checkpoint);
}

/* What is written is read as it was; beside it Hugging Face's files are taken. */
static void
a_directory_is_read_and_the_other_layout_wins(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_preprocess settings;
    struct fovea_tower read;
    struct fovea_tower tower = parse_vision("\"embed_dim\": 20,",
            "\"width\": 36, \"head_width\": 12, \"layers\": 2, "
            "\"mlp_ratio\": 1.67, \"image_size\": 32, \"patch_size\": 8");
    assert_int_equal(tower.mlp, 60);
    save(&tower);
    assert_true(is_there("open_clip_config.json"));
    assert_true(is_there("open_clip_model.safetensors"));
    assert_false(is_there("preprocessor_config.json"));
    assert_ok(fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &read, &error),
            &error);
    assert_int_equal(read.family, FOVEA_FAMILY_OPEN_CLIP);
    assert_int_equal(read.mlp, 60);
    assert_int_equal(read.n_heads, 3);
    assert_int_equal(read.dimension, 20);
    assert_ok(fovea_preprocess_config_read(directory, &read, &settings, &error),
            &error);
    assert_int_equal(settings.crop_width_px, 32);
    assert_false(settings.is_default);
    char digests[2][FOVEA_DIGEST_SIZE];
    char identities[2][FOVEA_DIGEST_SIZE];
    check_digest(&read, digests[0], identities[0]);
    check_digest(&read, digests[1], identities[1]);
    assert_string_equal(digests[0], digests[1]);
    assert_string_equal(identities[0], identities[1]);
    tower.family = FOVEA_FAMILY_CLIP;
    save(&tower);
    assert_ok(fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &read, &error),
            &error);
    assert_int_equal(read.family, FOVEA_FAMILY_CLIP);
    check_digest(&read, digests[1], identities[1]);
    assert_string_not_equal(digests[0], digests[1]);
    assert_string_not_equal(identities[0], identities[1]);
}

static void
a_pickle_is_refused_by_name(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_int_equal(tree_put(directory, "/open_clip_config.json", "{}"), 0);
    assert_int_equal(
            tree_put(directory, "/open_clip_pytorch_model.bin", "pickle"), 0);
    assert_fails(fovea_checkpoint_open(directory, &checkpoint, &error), &error,
            FOVEA_ERR_MODEL_NOT_FOUND,
            "there is no open_clip_model.safetensors; weights are not read "
            "from open_clip_pytorch_model.bin");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_fields_have_open_clips_defaults),
        cmocka_unit_test(fields_are_read),
        cmocka_unit_test(other_towers_are_refused_by_name),
        cmocka_unit_test(what_is_not_valid_is_refused),
        cmocka_unit_test(pixels_are_read),
        cmocka_unit_test(other_pixels_are_refused),
        cmocka_unit_test_teardown(a_directory_is_read_and_the_other_layout_wins,
                empty_root),
        cmocka_unit_test_teardown(a_pickle_is_refused_by_name, empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
