/*
 * Filling weights from a checkpoint: each tensor is read into a staging buffer
 * of the largest one and packed from there to its place.
 */
#include "engine/cpu/fill.h"

#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "checkpoint/vision.h"
#include "engine/cpu/kernels.h"
#include "sys/pages.h"

struct loader {
    struct fovea_weights *weights;
    const struct fovea_checkpoint *checkpoint;
    size_t layer;   /* the one that is being read */
    float *staging; /* room for the largest matrix */
};

static enum fovea_status
read_tensor(struct loader *loader, const struct fovea_vision_tensor *wanted,
        float *values, struct fovea_error *err)
{
    const struct fovea_tensor *tensor = NULL;
    enum fovea_status status = fovea_checkpoint_require(loader->checkpoint,
            wanted->name, wanted->n_dims, wanted->shape, &tensor, err);
    if (status) {
        return status;
    }
    return fovea_checkpoint_read(loader->checkpoint, tensor, values, err);
}

static enum fovea_status
read_tower(struct loader *loader, enum fovea_tower_tensor id, float *values,
        struct fovea_error *err)
{
    struct fovea_vision_tensor tensor =
            fovea_vision_tower(&loader->weights->tower, id);
    return read_tensor(loader, &tensor, values, err);
}

static enum fovea_status
read_layer(struct loader *loader, enum fovea_layer_tensor id, float *values,
        struct fovea_error *err)
{
    struct fovea_vision_tensor tensor =
            fovea_vision_layer(&loader->weights->tower, loader->layer, id);
    return read_tensor(loader, &tensor, values, err);
}

/* The n values that are staged are a matrix: as precise as they shall be. */
static void
round_staged(struct loader *loader, size_t n)
{
    if (loader->weights->precision == FOVEA_PRECISION_BF16_WEIGHTS) {
        fovea_kernel_round_bf16(loader->staging, n);
    }
}

/* What is staged, into its place. */
static enum fovea_status
pack(struct loader *loader, const struct fovea_packing *packing, void *packed,
        struct fovea_error *err)
{
    size_t k = fovea_packing_k(packing);
    round_staged(loader, k * fovea_packing_n(packing));
    return fovea_packing_pack(packing, loader->staging, k, packed, err);
}

/* A matrix without bias, outside the layers. */
static enum fovea_status
load_tower_matrix(struct loader *loader, enum fovea_tower_tensor id,
        const struct fovea_packing *packing, void *packed,
        struct fovea_error *err)
{
    enum fovea_status status = read_tower(loader, id, loader->staging, err);
    return status ? status : pack(loader, packing, packed, err);
}

static enum fovea_status
load_tower_norm(struct loader *loader, enum fovea_tower_tensor id,
        const struct fovea_norm_weights *norm, struct fovea_error *err)
{
    enum fovea_status status = read_tower(loader, id, norm->weight, err);
    return status ? status : read_tower(loader, id + 1, norm->bias, err);
}

static enum fovea_status
load_layer_norm(struct loader *loader, enum fovea_layer_tensor id,
        const struct fovea_norm_weights *norm, struct fovea_error *err)
{
    enum fovea_status status = read_layer(loader, id, norm->weight, err);
    return status ? status : read_layer(loader, id + 1, norm->bias, err);
}

/* n linear layers of equal shape, one after the other in the checkpoint's
   order, stacked along their outputs. */
static enum fovea_status
load_stack(struct loader *loader, enum fovea_layer_tensor first, size_t n,
        const struct fovea_packing *packing,
        const struct fovea_linear_weights *linear, struct fovea_error *err)
{
    size_t out = fovea_packing_n(packing) / n;
    size_t size = out * fovea_packing_k(packing);
    for (size_t i = 0; i < n; i++) {
        enum fovea_layer_tensor id = first + 2 * (enum fovea_layer_tensor)i;
        enum fovea_status status =
                read_layer(loader, id, loader->staging + i * size, err);
        if (!status) {
            status = read_layer(loader, id + 1, linear->bias + i * out, err);
        }
        if (status) {
            return status;
        }
    }
    return pack(loader, packing, linear->packed, err);
}

/* Query, key and value: together, or the query apart in the last layer. */
static enum fovea_status
load_attention(struct loader *loader, const struct fovea_layer_weights *layer,
        struct fovea_error *err)
{
    struct fovea_packing *const *packings = loader->weights->packings;
    if (layer->qkv.packed) {
        return load_stack(loader, FOVEA_LAYER_QUERY, 3,
                packings[FOVEA_MATRIX_QKV], &layer->qkv, err);
    }
    enum fovea_status status = load_stack(loader, FOVEA_LAYER_QUERY, 1,
            packings[FOVEA_MATRIX_SQUARE], &layer->query, err);
    if (status) {
        return status;
    }
    return load_stack(loader, FOVEA_LAYER_KEY, 2,
            packings[FOVEA_MATRIX_KEY_VALUE], &layer->key_value, err);
}

/* Its parts are runs of outputs: rows of the matrix. */
static enum fovea_status
load_fc1(struct loader *loader, const struct fovea_layer_weights *layer,
        struct fovea_error *err)
{
    const struct fovea_weights *weights = loader->weights;
    const struct fovea_packing *packing = weights->packings[FOVEA_MATRIX_FC1];
    const size_t hidden = weights->tower.width;
    const size_t n_parts = weights->forms.mlp_parts;
    const size_t width = fovea_packing_n(packing);
    /* The biases of all parts fit where one matrix did. */
    enum fovea_status status =
            read_layer(loader, FOVEA_LAYER_FC1_BIAS, loader->staging, err);
    for (size_t i = 0; i < n_parts && !status; i++) {
        memcpy(layer->mlp[i].fc1.bias, loader->staging + i * width,
                width * sizeof(float));
    }
    if (!status) {
        status = read_layer(loader, FOVEA_LAYER_FC1, loader->staging, err);
    }
    if (!status) {
        round_staged(loader, n_parts * width * hidden);
    }
    for (size_t i = 0; i < n_parts && !status; i++) {
        status = fovea_packing_pack(packing,
                loader->staging + i * width * hidden, hidden,
                layer->mlp[i].fc1.packed, err);
    }
    return status;
}

/* Its parts are runs of sources: columns of the matrix. */
static enum fovea_status
load_fc2(struct loader *loader, const struct fovea_layer_weights *layer,
        struct fovea_error *err)
{
    const struct fovea_weights *weights = loader->weights;
    const struct fovea_packing *packing = weights->packings[FOVEA_MATRIX_FC2];
    const size_t mlp = weights->tower.mlp;
    const size_t width = fovea_packing_k(packing);
    enum fovea_status status = read_layer(loader, FOVEA_LAYER_FC2_BIAS,
            layer->mlp[0].fc2.bias, err);
    if (!status) {
        status = read_layer(loader, FOVEA_LAYER_FC2, loader->staging, err);
    }
    if (!status) {
        round_staged(loader, mlp * fovea_packing_n(packing));
    }
    for (size_t i = 0; i < weights->forms.mlp_parts && !status; i++) {
        status = fovea_packing_pack(packing, loader->staging + i * width, mlp,
                layer->mlp[i].fc2.packed, err);
    }
    return status;
}

static enum fovea_status
load_layer(struct loader *loader, struct fovea_error *err)
{
    struct fovea_packing *const *packings = loader->weights->packings;
    const struct fovea_layer_weights *layer =
            &loader->weights->layers[loader->layer];
    enum fovea_status status =
            load_layer_norm(loader, FOVEA_LAYER_NORM1, &layer->norm1, err);
    if (!status) {
        status = load_attention(loader, layer, err);
    }
    if (!status) {
        status = load_stack(loader, FOVEA_LAYER_OUT, 1,
                packings[FOVEA_MATRIX_SQUARE], &layer->out, err);
    }
    if (!status) {
        status = load_layer_norm(loader, FOVEA_LAYER_NORM2, &layer->norm2, err);
    }
    if (!status) {
        status = load_fc1(loader, layer, err);
    }
    if (!status) {
        status = load_fc2(loader, layer, err);
    }
    return status;
}

static enum fovea_status
load_embeddings(struct loader *loader, struct fovea_error *err)
{
    struct fovea_weights *weights = loader->weights;
    enum fovea_status status = load_tower_matrix(loader, FOVEA_TOWER_PATCH,
            weights->packings[FOVEA_MATRIX_PATCH], weights->patch.packed, err);
    if (!status) {
        status = read_tower(loader, FOVEA_TOWER_CLASS, weights->class_embedding,
                err);
    }
    if (!status) {
        status = read_tower(loader, FOVEA_TOWER_POSITION,
                weights->position_embedding, err);
    }
    if (!status) {
        status = load_tower_norm(loader, FOVEA_TOWER_PRE_NORM,
                &weights->pre_norm, err);
    }
    return status;
}

static enum fovea_status
load_head(struct loader *loader, struct fovea_error *err)
{
    struct fovea_weights *weights = loader->weights;
    enum fovea_status status = load_tower_norm(loader, FOVEA_TOWER_POST_NORM,
            &weights->post_norm, err);
    if (!status) {
        status = load_tower_matrix(loader, FOVEA_TOWER_PROJECTION,
                weights->packings[FOVEA_MATRIX_PROJECT],
                weights->project.packed, err);
    }
    return status;
}

static enum fovea_status
load_all(struct loader *loader, struct fovea_error *err)
{
    enum fovea_status status = load_embeddings(loader, err);
    size_t n_layers = loader->weights->tower.n_layers;
    for (loader->layer = 0; !status && loader->layer < n_layers;
            loader->layer++) {
        status = load_layer(loader, err);
    }
    if (loader->weights->zeros) {
        memset(loader->weights->zeros, 0,
                loader->weights->tower.width * sizeof(float));
    }
    return status ? status : load_head(loader, err);
}

static size_t
staging_values(const struct fovea_tower *tower)
{
    size_t hidden = tower->width;
    size_t widest = 3 * hidden; /* of what stands against hidden */
    const size_t others[] = { tower->mlp, fovea_tower_patch_width(tower),
        tower->dimension };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(others); i++) {
        widest = others[i] > widest ? others[i] : widest;
    }
    return widest * hidden;
}

enum fovea_status
fovea_weights_fill(struct fovea_weights *weights,
        const struct fovea_checkpoint *checkpoint, struct fovea_error *err)
{
    size_t staging_size =
            fovea_round_up(staging_values(&weights->tower) * sizeof(float),
                    FOVEA_OPERAND_ALIGNMENT);
    FOVEA_AUTO_FREE float *staging =
            aligned_alloc(FOVEA_OPERAND_ALIGNMENT, staging_size);
    if (!staging) {
        return fovea_fail_memory(err, staging_size, "loading weights");
    }
    struct loader loader = { weights, checkpoint, 0, staging };
    return load_all(&loader, err);
}

enum fovea_status
fovea_weights_load(const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        enum fovea_precision precision, struct fovea_weights **weights_out,
        struct fovea_error *err)
{
    struct fovea_weights *weights = NULL;
    struct fovea_forms forms;
    enum fovea_status status = fovea_forms_find(tower,
            fovea_precision_element(precision), &forms, err);
    if (!status) {
        status = fovea_weights_create(tower, precision, &forms, &weights, err);
    }
    if (status) {
        return status;
    }
    weights->mapping_size = weights->block_size;
    weights->mapping = fovea_pages_map(weights->mapping_size);
    if (weights->mapping) {
        fovea_weights_place(weights, weights->mapping);
        status = fovea_weights_fill(weights, checkpoint, err);
    } else {
        status =
                fovea_fail_memory(err, weights->mapping_size, "packed weights");
    }
    if (status) {
        fovea_weights_destroy(weights);
        return status;
    }
    *weights_out = weights;
    return FOVEA_OK;
}
