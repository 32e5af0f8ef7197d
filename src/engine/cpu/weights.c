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
    const struct fovea_precision_cpu cpu = { fovea_machine_has_bf16(),
        fovea_machine_has_vnni() };
    return fovea_precision_choose(tower, dtype, &cpu);
}

static enum fovea_status
packing_init(struct fovea_weights *weights, enum fovea_element element,
        enum fovea_matrix matrix, struct fovea_error *err)
{
    const struct fovea_forms *forms = &weights->forms;
    const struct fovea_packing_shape shape =
            fovea_linear_matrix(&weights->tower, weights->precision, element,
                    forms->mlp_parts, matrix);
    return shape.k == 0 ? FOVEA_OK
                        : fovea_packing_create(&shape,
                                  (enum fovea_form)forms->form[element][matrix],
                                  &weights->packings[element][matrix], err);
}

/* On failure some packings are NULL. */
static enum fovea_status
packings_init(struct fovea_weights *weights, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (enum fovea_element i = 0; i < FOVEA_N_ELEMENTS; i++) {
        for (enum fovea_matrix k = 0; k < FOVEA_N_MATRICES && !status; k++) {
            status = packing_init(weights, i, k, err);
        }
    }
    return status;
}

enum fovea_element
fovea_weights_element(const struct fovea_weights *weights, size_t layer)
{
    return fovea_precision_of_layer(weights->precision, &weights->tower, layer);
}

const struct fovea_packing *
fovea_weights_packing(const struct fovea_weights *weights,
        const struct fovea_piece *piece)
{
    const enum fovea_element element =
            fovea_weights_element(weights, piece->layer);
    return weights->packings[element][fovea_linear_of(piece)];
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
    const struct fovea_packing *packing = fovea_weights_packing(weights, piece);
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
    for (size_t i = 0; i < FOVEA_N_ELEMENTS; i++) {
        for (size_t k = 0; k < FOVEA_N_MATRICES; k++) {
            fovea_packing_destroy(weights->packings[i][k]);
        }
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
    enum fovea_status status =
            fovea_forms_prefer(tower, precision, &forms, err);
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
