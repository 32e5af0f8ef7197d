/* open_clip_config.json: towers for texts, and SigLIP's towers, whose image tower is
 * timm's by its name. */
#include "base/macros.h"
#include "checkpoint/config.h"
#include "spec/families.h"
#include "support/test.h"

#define SIGLIP_VISION(name)                                              \
    "\"vision_cfg\": {\"image_size\": 224, \"timm_model_name\": \"" name \
    "\", \"timm_model_pretrained\": false, \"timm_pool\": \"map\", "     \
    "\"timm_proj\": \"none\"}"

/* What open_clip's ViT-B-16-SigLIP says. */
#define SIGLIP_TEXT                                                         \
    "\"text_cfg\": {\"context_length\": 64, \"vocab_size\": 32000, "        \
    "\"hf_tokenizer_name\": \"timm/ViT-B-16-SigLIP\", "                     \
    "\"tokenizer_kwargs\": {\"clean\": \"canonicalize\"}, \"width\": 768, " \
    "\"heads\": 12, \"layers\": 12, \"no_causal_mask\": true, "             \
    "\"proj_bias\": true, \"pool_type\": \"last\", "                        \
    "\"norm_kwargs\": {\"eps\": 1e-6}}"

static enum fovea_status
parse(const char *model, enum fovea_modality modality,
        struct fovea_tower *tower, struct fovea_error *error)
{
    char text[2048];
    int n = snprintf(text, sizeof text, "{\"model_cfg\": {%s}}", model);
    assert_true(n > 0 && (size_t)n < sizeof text);
    return fovea_tower_parse(FOVEA_FILE_LAYOUT_OPEN_CLIP,
            "open_clip_config.json", text, (size_t)n, modality, tower, error);
}

static struct fovea_tower
read_one(const char *model, enum fovea_modality modality)
{
    struct fovea_error error;
    struct fovea_tower tower;
    assert_ok(parse(model, modality, &tower, &error), &error);
    assert_int_equal(tower.modality, modality);
    return tower;
}

static void
check_refused(const char *model, enum fovea_modality modality,
        enum fovea_status code, const char *part)
{
    struct fovea_error error;
    struct fovea_tower tower = { .width = 7 };
    assert_fails(parse(model, modality, &tower, &error), &error, code, part);
    assert_int_equal(tower.width, 7);
}

/* SigLIP. */

static void
siglips_image_towers_are_read_by_name(void **state)
{
    (void)state;
    struct fovea_tower tower = read_one(
            "\"embed_dim\": 768, " SIGLIP_VISION("vit_base_patch16_siglip_224"),
            FOVEA_MODALITY_IMAGE);
    assert_int_equal(tower.family, FOVEA_FAMILY_OPEN_CLIP_SIGLIP);
    assert_int_equal(tower.width, 768);
    assert_int_equal(tower.mlp, 3072);
    assert_int_equal(tower.n_layers, 12);
    assert_int_equal(tower.n_heads, 12);
    assert_int_equal(tower.side_px, 224);
    assert_int_equal(tower.patch_px, 16);
    assert_int_equal(tower.dimension, 768);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_GELU);
    assert_int_equal(tower.pooling, FOVEA_POOLING_ATTENTION);
    assert_true(tower.has_patch_bias && !tower.has_class_token);
    assert_true(!tower.has_projection && !tower.has_pre_norm);
    assert_float_equal(tower.eps, 1e-6, 1e-12);
    tower = read_one("\"embed_dim\": 1152, "
                     "\"vision_cfg\": {\"image_size\": [384, 384], "
                     "\"timm_model_name\": \"vit_so400m_patch14_siglip_384\", "
                     "\"timm_pool\": \"map\", \"timm_proj\": \"none\"}",
            FOVEA_MODALITY_IMAGE);
    assert_int_equal(tower.mlp, 4304);
    assert_int_equal(fovea_tower_tokens(&tower), 27 * 27);
    tower = read_one(SIGLIP_VISION("vit_giantopt_patch16_siglip_256"),
            FOVEA_MODALITY_IMAGE);
    assert_int_equal(tower.width, 1536);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_GELU_TANH);
}

static void
other_timm_towers_are_refused_by_name(void **state)
{
    (void)state;
    const enum fovea_modality image = FOVEA_MODALITY_IMAGE;
    const enum fovea_status no = FOVEA_ERR_MODEL_UNSUPPORTED;
    static const char *const names[] = {
        SIGLIP_VISION("vit_base_patch16_siglip_gap_224"),
        SIGLIP_VISION("vit_base_patch16_siglip_"),
        SIGLIP_VISION("vit_base_patch16_siglip"),
        SIGLIP_VISION("vit_base_patch16_224"),
        SIGLIP_VISION(""),
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        check_refused(names[i], image, no, "is not a CLIP or SigLIP model");
    }
    check_refused("\"vision_cfg\": {\"timm_model_name\": "
                  "\"vit_base_patch16_siglip_224\"}",
            image, no, "timm_pool: is missing; \"map\" is supported");
    check_refused("\"vision_cfg\": {\"timm_model_name\": "
                  "\"vit_base_patch16_siglip_224\", \"timm_pool\": \"avg\", "
                  "\"timm_proj\": \"none\"}",
            image, no, "timm_pool: \"avg\" is not supported, \"map\" is");
    check_refused("\"vision_cfg\": {\"timm_model_name\": "
                  "\"vit_base_patch16_siglip_224\", \"timm_pool\": \"map\", "
                  "\"timm_proj\": \"linear\"}",
            image, no, "timm_proj");
    check_refused(
            "\"embed_dim\": 512, " SIGLIP_VISION("vit_base_patch16_siglip_224"),
            image, FOVEA_ERR_MODEL_CONFIG, "the tower's width is 768");
    check_refused("\"vision_cfg\": {\"image_size\": 8, \"timm_model_name\": "
                  "\"vit_base_patch16_siglip_224\", \"timm_pool\": \"map\", "
                  "\"timm_proj\": \"none\"}",
            image, FOVEA_ERR_MODEL_CONFIG, "patches of 16 in a side of 8");
}

/* The head's query is a tensor of its own; keys and values are one. */
static void
the_heads_keys_and_values_share_a_tensor(void **state)
{
    (void)state;
    const struct fovea_tower tower = read_one(
            SIGLIP_VISION("vit_base_patch16_siglip_224"), FOVEA_MODALITY_IMAGE);
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec tensor;
    uint32_t n_seen = 0;
    while (fovea_tensor_next(&tower, &walk, &tensor)) {
        const bool is_head = tensor.piece.role == FOVEA_ROLE_QKV &&
                tensor.piece.layer == tower.n_layers && !tensor.piece.is_bias;
        if (!is_head) {
            continue;
        }
        const uint32_t at = tensor.piece.part + tensor.part;
        assert_string_equal(tensor.name,
                at ? "visual.trunk.attn_pool.kv.weight"
                   : "visual.trunk.attn_pool.q.weight");
        assert_int_equal(tensor.n_shares, at ? 2 : 1);
        assert_int_equal(tensor.share, at ? at - 1 : 0);
        assert_int_equal(tensor.shape[0], at ? 1536 : 768);
        assert_int_equal(tensor.n_elements, 768 * 768);
        n_seen++;
    }
    assert_int_equal(n_seen, 3);
}

/* Texts. */

static void
clips_text_tower_is_read(void **state)
{
    (void)state;
    struct fovea_tower tower = read_one("\"vision_cfg\": {}, \"text_cfg\": {}",
            FOVEA_MODALITY_TEXT);
    assert_int_equal(tower.family, FOVEA_FAMILY_OPEN_CLIP);
    assert_int_equal(tower.width, 512);
    assert_int_equal(tower.mlp, 2048);
    assert_int_equal(tower.n_layers, 12);
    assert_int_equal(tower.n_heads, 8);
    assert_int_equal(tower.vocabulary, 49408);
    assert_int_equal(tower.context, 77);
    assert_int_equal(tower.dimension, 512);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_GELU);
    assert_int_equal(tower.pooling, FOVEA_POOLING_LAST);
    assert_true(tower.is_causal && tower.ends_at_largest);
    assert_true(tower.has_projection && !tower.has_projection_bias);
    assert_false(tower.is_canonical);
    tower = read_one("\"embed_dim\": 1024, \"quick_gelu\": true, "
                     "\"vision_cfg\": {}, \"text_cfg\": {\"context_length\": "
                     "32, \"vocab_size\": 1000, \"width\": 96, \"heads\": 3, "
                     "\"layers\": 2, \"mlp_ratio\": 2.5, \"pool_type\": "
                     "\"eos\", \"eos_id\": 999}",
            FOVEA_MODALITY_TEXT);
    assert_int_equal(tower.dimension, 1024);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_QUICK_GELU);
    assert_int_equal(tower.mlp, 240);
    assert_int_equal(tower.context, 32);
    assert_int_equal(tower.end_id, 999);
    assert_false(tower.ends_at_largest);
}

static void
siglips_text_tower_is_read(void **state)
{
    (void)state;
    const struct fovea_tower tower = read_one(
            "\"embed_dim\": 768, \"custom_text\": true, " SIGLIP_VISION(
                    "vit_base_patch16_siglip_224") ", " SIGLIP_TEXT,
            FOVEA_MODALITY_TEXT);
    assert_int_equal(tower.family, FOVEA_FAMILY_OPEN_CLIP_SIGLIP);
    assert_int_equal(tower.context, 64);
    assert_int_equal(tower.vocabulary, 32000);
    assert_int_equal(tower.activation, FOVEA_ACTIVATION_GELU);
    assert_true(!tower.is_causal && !tower.ends_at_largest);
    assert_true(tower.has_projection_bias && tower.is_canonical);
    assert_float_equal(tower.eps, 1e-6, 1e-12);
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec tensor;
    while (fovea_tensor_next(&tower, &walk, &tensor)) {
        assert_int_equal(strncmp(tensor.name, "text.", 5), 0);
        assert_false(tensor.is_transposed);
    }
}

static void
check_text(const char *text, enum fovea_status code, const char *part)
{
    char model[1024];
    (void)snprintf(model, sizeof model,
            "\"vision_cfg\": {}, \"text_cfg\": {%s}", text);
    check_refused(model, FOVEA_MODALITY_TEXT, code, part);
}

static void
other_text_towers_are_refused_by_name(void **state)
{
    (void)state;
    const enum fovea_status no = FOVEA_ERR_MODEL_UNSUPPORTED;
    const enum fovea_status none = FOVEA_ERR_TEXT_UNSUPPORTED;
    const enum fovea_status wrong = FOVEA_ERR_MODEL_CONFIG;
    check_refused("\"vision_cfg\": {}", FOVEA_MODALITY_TEXT, none,
            "there is no text_cfg");
    check_refused("\"custom_text\": true, \"vision_cfg\": {}, "
                  "\"text_cfg\": {}",
            FOVEA_MODALITY_TEXT, none, "model_cfg.custom_text: true");
    check_refused(SIGLIP_VISION("vit_base_patch16_siglip_224") ", " SIGLIP_TEXT,
            FOVEA_MODALITY_TEXT, none, "model_cfg.custom_text: false");
    check_text("\"hf_model_name\": \"xlm-roberta-base\"", none,
            "text_cfg.hf_model_name: the text tower \"xlm-roberta-base\"");
    check_text("\"embed_cls\": true", no, "text_cfg.embed_cls");
    check_text("\"proj_type\": \"none\"", no, "proj_type");
    check_text("\"pool_type\": \"last\"", no, "pool_type");
    check_text("\"pool_type\": \"first\"", no, "pool_type");
    check_text("\"no_causal_mask\": true", no,
            "\"argmax\" is not supported with no_causal_mask");
    check_text("\"tokenizer_kwargs\": {\"clean\": \"other\"}", no, "clean");
    check_text("\"ls_init_value\": 1e-5", no, "ls_init_value");
    check_text("\"heads\": 7", wrong, "heads: 7 does not divide width 512");
    check_text("\"context_length\": 100000", wrong, "context_length");
    check_text("\"vocab_size\": 0", wrong, "vocab_size");
    check_text("\"eos_id\": -1", wrong, "eos_id");
    check_text("\"width\": \"a\"", wrong, "text_cfg.width");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siglips_image_towers_are_read_by_name),
        cmocka_unit_test(other_timm_towers_are_refused_by_name),
        cmocka_unit_test(the_heads_keys_and_values_share_a_tensor),
        cmocka_unit_test(clips_text_tower_is_read),
        cmocka_unit_test(siglips_text_tower_is_read),
        cmocka_unit_test(other_text_towers_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
