/*
 * What weights are made of: the layouts of their matrices, and a block that is
 * laid out along the list of pieces twice, first to learn its size, then to give
 * every piece its place.
 */
#include "engine/cpu/weights.h"

#include "base/error.h"
#include "base/size.h"
#include "engine/cpu/machine.h"
#include "sys/pages.h"

enum fovea_precision
fovea_precision_of(const struct fovea_tower *tower, enum fovea_dtype dtype)
{
    return fovea_precision_choose(tower, dtype, fovea_machine_has_bf16());
}

/* On failure some packings are NULL. */
static enum fovea_status
packings_init(struct fovea_weights *weights, struct fovea_error *err)
{
    const struct fovea_forms *forms = &weights->forms;
    enum fovea_status status = FOVEA_OK;
    for (enum fovea_matrix i = 0; i < FOVEA_N_MATRICES && !status; i++) {
        struct fovea_packing_shape shape = fovea_linear_matrix(&weights->tower,
                weights->element, forms->mlp_parts, i);
        if (shape.k == 0) {
            continue;
        }
        status = fovea_packing_create(&shape, (enum fovea_form)forms->form[i],
                &weights->packings[i], err);
    }
    return status;
}

/* The block. */

/* Gives out aligned pieces; with base NULL it only counts. */
struct arena {
    uint8_t *base;
    size_t used;
};

static void *
take(struct arena *arena, size_t size)
{
    void *piece = arena->base ? arena->base + arena->used : NULL;
    arena->used += fovea_round_up(size, FOVEA_OPERAND_ALIGNMENT);
    return piece;
}

struct fovea_placed *
fovea_weights_at(const struct fovea_weights *weights, enum fovea_role role,
        size_t layer, size_t part)
{
    FOVEA_ASSERT(layer < fovea_tower_layers(&weights->tower) &&
            part < weights->n_parts);
    size_t row = layer * FOVEA_N_ROLES + (size_t)role;
    return &weights->placed[row * weights->n_parts + part];
}

static size_t
size_of(const struct fovea_weights *weights, const struct fovea_piece *piece)
{
    if (piece->role == FOVEA_ROLE_TOKEN) {
        return piece->n *
                fovea_element_size(fovea_precision_table(weights->precision));
    }
    if (piece->k == 0) {
        return piece->n * sizeof(float);
    }
    const struct fovea_packing *packing =
            weights->packings[fovea_linear_of(piece)];
    FOVEA_ASSERT(fovea_packing_k(packing) == piece->k &&
            fovea_packing_n(packing) == piece->n);
    return fovea_packing_size(packing);
}

/* The bias of FC2 is added once, with its first part. */
static void
place_zeros(struct fovea_weights *weights)
{
    float *zeros = fovea_weights_at(weights, FOVEA_ROLE_ZEROS, 0, 0)->weight;
    for (size_t i = 0; i < fovea_tower_layers(&weights->tower); i++) {
        for (size_t k = 1; k < weights->forms.mlp_parts; k++) {
            fovea_weights_at(weights, FOVEA_ROLE_FC2, i, k)->bias = zeros;
        }
    }
}

static void
place_all(struct arena *arena, struct fovea_weights *weights)
{
    struct fovea_piece piece;
    for (size_t i = 0; fovea_tower_piece(&weights->tower,
                 weights->forms.mlp_parts, i, &piece);
            i++) {
        struct fovea_placed *placed =
                fovea_weights_at(weights, piece.role, piece.layer, piece.part);
        void *place = take(arena, size_of(weights, &piece));
        if (piece.is_bias) {
            placed->bias = place;
        } else {
            placed->weight = place;
        }
    }
    place_zeros(weights);
}

static enum fovea_status
placed_init(struct fovea_weights *weights, struct fovea_error *err)
{
    size_t n = fovea_tower_layers(&weights->tower) * FOVEA_N_ROLES;
    /* QKV's pieces begin with part 0, 1 or 2. */
    weights->n_parts =
            weights->forms.mlp_parts > 3 ? weights->forms.mlp_parts : 3;
    weights->placed = calloc(n * weights->n_parts, sizeof *weights->placed);
    if (!weights->placed) {
        return fovea_fail_memory(err,
                n * weights->n_parts * sizeof *weights->placed, "weights");
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_weights_create(const struct fovea_tower *tower,
        enum fovea_precision precision, const struct fovea_forms *forms,
        struct fovea_weights **weights_out, struct fovea_error *err)
{
    struct fovea_weights *weights = calloc(1, sizeof *weights);
    if (!weights) {
        return fovea_fail_memory(err, sizeof *weights, "weights");
    }
    weights->tower = *tower;
    weights->precision = precision;
    weights->element = fovea_precision_element(precision);
    weights->forms = *forms;
    enum fovea_status status = placed_init(weights, err);
    if (!status) {
        status = packings_init(weights, err);
    }
    if (status) {
        fovea_weights_destroy(weights);
        return status;
    }
    struct arena counting = { NULL, 0 };
    place_all(&counting, weights);
    weights->block_size = counting.used;
    *weights_out = weights;
    return FOVEA_OK;
}

void
fovea_weights_destroy(struct fovea_weights *weights)
{
    if (!weights) {
        return;
    }
    fovea_pages_unmap(weights->mapping, weights->mapping_size);
    for (size_t i = 0; i < FOVEA_N_MATRICES; i++) {
        fovea_packing_destroy(weights->packings[i]);
    }
    free(weights->placed);
    free(weights);
}

enum fovea_status
fovea_weights_size(const struct fovea_tower *tower,
        enum fovea_precision precision, size_t *size_out,
        struct fovea_error *err)
{
    struct fovea_weights *weights = NULL;
    struct fovea_forms forms;
    enum fovea_status status = fovea_forms_prefer(tower,
            fovea_precision_element(precision), &forms, err);
    if (!status) {
        status = fovea_weights_create(tower, precision, &forms, &weights, err);
    }
    if (status) {
        return status;
    }
    *size_out = weights->block_size;
    fovea_weights_destroy(weights);
    return FOVEA_OK;
}

void
fovea_weights_place(struct fovea_weights *weights, void *block)
{
    struct arena arena = { block, 0 };
    weights->block = block;
    place_all(&arena, weights);
}
