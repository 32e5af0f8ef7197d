/* The list of a tower's pieces, and the tensors that they are stored as. */
#include "base/macros.h"
#include "spec/families.h"
#include "support/test.h"
#include "support/tower.h"

static const struct fovea_tower towers[] = {
    TOWER(64, 256, 3, 4, 64, 16, 20, FOVEA_ACTIVATION_GELU, 1e-5F),
    TOWER(8, 12, 1, 2, 8, 4, 3, FOVEA_ACTIVATION_GELU, 1e-5F),
    /* no class token, no norm before the layers */
    { .width = 64,
            .mlp = 256,
            .n_layers = 3,
            .n_heads = 4,
            .side_px = 64,
            .patch_px = 16,
            .has_projection = true,
            .dimension = 20,
            .eps = 1e-5F },
    /* registers, no projection */
    { .width = 64,
            .mlp = 256,
            .n_layers = 3,
            .n_heads = 4,
            .side_px = 64,
            .patch_px = 16,
            .n_registers = 4,
            .has_class_token = true,
            .dimension = 64,
            .eps = 1e-5F },
    /* of texts */
    { .modality = FOVEA_MODALITY_TEXT,
            .width = 64,
            .mlp = 256,
            .n_layers = 2,
            .n_heads = 4,
            .vocabulary = 100,
            .context = 9,
            .has_projection = true,
            .has_projection_bias = true,
            .dimension = 64,
            .eps = 1e-5F },
};

static size_t
values_of(const struct fovea_piece *piece)
{
    return piece->k > 0 ? piece->k * piece->n : piece->n;
}

static size_t
count_values(const struct fovea_tower *tower, uint32_t mlp_parts)
{
    struct fovea_piece piece;
    size_t sum = 0;
    for (size_t i = 0; fovea_tower_piece(tower, mlp_parts, i, &piece); i++) {
        sum += values_of(&piece);
    }
    return sum;
}

/* By hand, from the paper's picture. */
static void
pieces_have_all_values_of_a_tower(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(towers); i++) {
        const struct fovea_tower *tower = &towers[i];
        size_t w = tower->width;
        size_t layer =
                4 * w * w + 4 * w + 2 * w * tower->mlp + tower->mlp + w + 4 * w;
        size_t all =
                fovea_tower_tokens(tower) * w + 2 * w + tower->n_layers * layer;
        if (tower->modality == FOVEA_MODALITY_IMAGE) {
            all += 3 * (size_t)tower->patch_px * tower->patch_px * w;
        }
        all += (size_t)tower->vocabulary * w;
        all += tower->has_class_token ? w : 0;
        all += tower->has_pre_norm ? 2 * w : 0;
        all += tower->has_projection ? w * tower->dimension : 0;
        all += tower->has_projection_bias ? tower->dimension : 0;
        assert_int_equal(count_values(tower, 1), all);
        /* Cut, nothing is lost; zeros come in. */
        assert_int_equal(count_values(tower, 4), all + w);
    }
}

static void
tokens_are_patches_a_class_token_and_registers(void **state)
{
    (void)state;
    static const size_t expected[] = { 17, 5, 16, 21, 9 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(towers); i++) {
        assert_int_equal(fovea_tower_tokens(&towers[i]), expected[i]);
    }
}

static void
a_bias_follows_its_weight_and_layers_follow_each_other(void **state)
{
    (void)state;
    for (uint32_t parts = 1; parts <= 4; parts *= 2) {
        struct fovea_piece before = { .role = FOVEA_ROLE_PATCH };
        struct fovea_piece piece;
        for (size_t i = 0; fovea_tower_piece(&towers[0], parts, i, &piece);
                i++) {
            if (piece.is_bias) {
                assert_false(before.is_bias);
                assert_int_equal(piece.role, before.role);
                assert_int_equal(piece.part, before.part);
                assert_int_equal(piece.n, before.n);
                assert_int_equal(piece.k, 0);
            }
            assert_true(piece.layer >= before.layer ||
                    piece.role >= FOVEA_ROLE_POST_NORM);
            assert_true(piece.layer < towers[0].n_layers);
            before = piece;
        }
        assert_int_equal(before.role, FOVEA_ROLE_PROJECTION);
    }
}

/* What is stacked in a layer, from the first part to the last. */
static void
parts_cover_their_whole_once(void **state)
{
    (void)state;
    enum {
        PARTS = 4
    };
    const struct fovea_tower *tower = &towers[0];
    for (uint32_t layer = 0; layer < tower->n_layers; layer++) {
        uint32_t qkv = 0;
        uint32_t fc1 = 0;
        uint32_t fc2 = 0;
        struct fovea_piece piece;
        for (size_t i = 0; fovea_tower_piece(tower, PARTS, i, &piece); i++) {
            if (piece.layer != layer || piece.is_bias) {
                continue;
            }
            if (piece.role == FOVEA_ROLE_QKV) {
                assert_int_equal(piece.part, qkv);
                assert_int_equal(piece.n, piece.n_parts * tower->width);
                qkv += piece.n_parts;
            } else if (piece.role == FOVEA_ROLE_FC1) {
                assert_int_equal(piece.part, fc1++);
                assert_int_equal(piece.n, tower->mlp / PARTS);
            } else if (piece.role == FOVEA_ROLE_FC2) {
                assert_int_equal(piece.part, fc2++);
                assert_int_equal(piece.k, tower->mlp / PARTS);
            }
        }
        assert_int_equal(qkv, 3);
        assert_int_equal(fc1, PARTS);
        assert_int_equal(fc2, PARTS);
    }
}

static size_t
count_stored(const struct fovea_tower *tower)
{
    struct fovea_piece piece;
    size_t sum = 0;
    for (size_t i = 0; fovea_tower_stored(tower, i, &piece); i++) {
        sum += values_of(&piece);
    }
    return sum;
}

/* By hand: what is stored apart and what it becomes. */
static void
what_is_folded_is_stored_apart(void **state)
{
    (void)state;
    struct fovea_tower tower = towers[3];
    const size_t w = tower.width;
    /* Registers are among the packed positions. */
    assert_int_equal(count_stored(&tower), count_values(&tower, 1));
    tower.has_patch_bias = true;
    assert_int_equal(count_stored(&tower), count_values(&tower, 1) + w);
    tower.has_layer_scale = true;
    assert_int_equal(count_stored(&tower),
            count_values(&tower, 1) + w + 2 * w * tower.n_layers);
    /* Of the head's queries, keys and values only the last are packed, and the
       probe as a row a head. */
    const struct fovea_tower pooled = SIGLIP_TOWER(64, 144, 3, 4, 62, 14);
    assert_int_equal(count_stored(&pooled),
            count_values(&pooled, 1) + w + 2 * w * w + 2 * w + w - 4 * w);
    assert_int_equal(fovea_tower_layers(&pooled), 4);
}
/* What says next to nothing of a tower, by the layout. */
static const char *const bare_configs[FOVEA_N_FILE_LAYOUTS] = {
    [FOVEA_FILE_LAYOUT_HUGGING_FACE] = "{\"text_config\": {}}",
    [FOVEA_FILE_LAYOUT_OPEN_CLIP] =
            "{\"model_cfg\": {\"vision_cfg\": {\"timm_model_name\": "
            "\"vit_base_patch16_siglip_224\", \"timm_pool\": \"map\", "
            "\"timm_proj\": \"none\"}, \"text_cfg\": {}}}",
};

/* Where a family wants another one for its tower of texts. */
static const char *const bare_text_configs[FOVEA_N_FAMILIES] = {
    [FOVEA_FAMILY_OPEN_CLIP_SIGLIP] =
            "{\"model_cfg\": {\"custom_text\": true, \"text_cfg\": {}}}",
};

/* Every value once, under a name of its own or as a share of one. */
static void
check_tensors(const struct fovea_tower *tower)
{
    static struct fovea_tensor_spec seen[256];
    struct fovea_tensor_walk walk = { 0 };
    size_t n = 0;
    size_t n_values = 0;
    while (fovea_tensor_next(tower, &walk, &seen[n])) {
        assert_true(seen[n].name[0] && !strchr(seen[n].name, '%'));
        for (size_t i = 0; i < n; i++) {
            assert_true(strcmp(seen[i].name, seen[n].name) != 0 ||
                    seen[i].share != seen[n].share);
        }
        assert_int_equal(seen[n].n_elements * seen[n].piece.n_parts,
                values_of(&seen[n].piece));
        n_values += seen[n].n_elements;
        n++;
        assert_true(n < FOVEA_ARRAY_LEN(seen));
    }
    assert_int_equal(n, fovea_tensor_count(tower));
    assert_int_equal(n_values, count_stored(tower));
}

static void
tensors_are_the_pieces_of_every_family(void **state)
{
    (void)state;
    for (size_t id = 0; id < FOVEA_N_FAMILIES; id++) {
        struct fovea_error error;
        struct fovea_tower tower;
        const struct fovea_family *family =
                fovea_family_get((enum fovea_family_id)id);
        json_t *bare = json_loads(bare_configs[family->layout], 0, NULL);
        const struct fovea_fields top = { "config", "", bare };
        assert_ok(family->read(&top, &tower, &error), &error);
        tower.family = (enum fovea_family_id)id;
        check_tensors(&tower);
        json_decref(bare);
        if (family->read_text) {
            const char *text = bare_text_configs[id];
            json_t *other = json_loads(
                    text ? text : bare_configs[family->layout], 0, NULL);
            const struct fovea_fields fields = { "config", "", other };
            assert_ok(family->read_text(&fields, &tower, &error), &error);
            json_decref(other);
            tower.family = (enum fovea_family_id)id;
            check_tensors(&tower);
        }
    }
}

/* Where an end token is, or the largest id; all where tokens see what follows. */
static void
what_follows_the_end_of_a_text_does_not_count(void **state)
{
    (void)state;
    struct fovea_tower tower = { .modality = FOVEA_MODALITY_TEXT,
        .context = 8,
        .end_id = 9,
        .is_causal = true };
    static const uint32_t ids[] = { 7, 3, 9, 2, 9, 11, 11, 4 };
    assert_int_equal(fovea_tower_text_length(&tower, ids, 8), 3);
    assert_int_equal(fovea_tower_text_length(&tower, ids, 2), 1);
    assert_int_equal(fovea_tower_text_length(&tower, ids, 1), 1);
    tower.ends_at_largest = true;
    assert_int_equal(fovea_tower_text_length(&tower, ids, 8), 6);
    assert_int_equal(fovea_tower_text_length(&tower, ids, 5), 3);
    assert_int_equal(fovea_tower_text_length(&tower, ids, 2), 1);
    tower.is_causal = false;
    assert_int_equal(fovea_tower_text_length(&tower, ids, 8), 8);
    assert_int_equal(fovea_tower_text_row_bytes(&tower), 36);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_have_all_values_of_a_tower),
        cmocka_unit_test(tokens_are_patches_a_class_token_and_registers),
        cmocka_unit_test(
                a_bias_follows_its_weight_and_layers_follow_each_other),
        cmocka_unit_test(parts_cover_their_whole_once),
        cmocka_unit_test(what_is_folded_is_stored_apart),
        cmocka_unit_test(tensors_are_the_pieces_of_every_family),
        cmocka_unit_test(what_follows_the_end_of_a_text_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
