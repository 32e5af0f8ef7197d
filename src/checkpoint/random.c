/*
 * Random weights: see random.h.
 *
 * Value i of a tensor is a function of (seed, name, i): a counter goes through
 * a 64-bit mixing function, and the sum of the four 16-bit parts of what comes
 * out is roughly normal (its spread is that of four uniform numbers).
 */
#include "checkpoint/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "checkpoint/tensor_source.h"
#include "spec/families.h"

/* The finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
static uint64_t
mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* FNV-1a, mixed with the seed. */
static uint64_t
key_of(uint64_t seed, const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *c = name; *c; c++) {
        hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    }
    return mix(hash ^ mix(seed));
}

static enum fovea_status
read_values(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry, size_t at, size_t n,
        float *values, struct fovea_error *err)
{
    (void)err;
    /* Four uniform numbers of 0..65535: their mean, and the inverse of their
       sum's standard deviation, sqrt(4 * (2^32 - 1) / 12). */
    const int32_t middle = 2 * 65535;
    const float scale = entry->spread.scale / 37837.227F;
    const float mean = entry->spread.mean;
    const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t counter = key_of(checkpoint->seed, entry->name) + at * step;
    for (size_t i = 0; i < n; i++) {
        counter += step;
        uint64_t bits = mix(counter);
        int32_t sum = (int32_t)(bits & 0xffff) +
                (int32_t)(bits >> 16 & 0xffff) +
                (int32_t)(bits >> 32 & 0xffff) + (int32_t)(bits >> 48);
        values[i] = mean + scale * (float)(sum - middle);
    }
    return FOVEA_OK;
}

const struct fovea_source fovea_source_random = {
    .label = "random weights",
    .read = read_values,
};

static struct fovea_spread
spread_of(const struct fovea_piece *piece)
{
    switch ((int)piece->role) {
    case FOVEA_ROLE_CLASS:
    case FOVEA_ROLE_REGISTERS:
    case FOVEA_ROLE_PROBE:
        return (struct fovea_spread){ 0.0F, 0.5F };
    case FOVEA_ROLE_TOKEN:
        return (struct fovea_spread){ 0.0F, 1.0F };
    case FOVEA_ROLE_POSITION:
        return (struct fovea_spread){ 0.0F, 0.3F };
    default:
        break;
    }
    if (piece->k > 0) {
        float gain = piece->role == FOVEA_ROLE_PATCH ? 1.0F : 1.5F;
        return (struct fovea_spread){ 0.0F, gain / sqrtf((float)piece->k) };
    }
    /* What is left is of layer norms, a scale of a layer's or a bias. */
    return piece->is_bias ? (struct fovea_spread){ 0.0F, 0.1F }
                          : (struct fovea_spread){ 1.0F, 0.2F };
}

static enum fovea_status
add_tensor(struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_spec *tensor, struct fovea_error *err)
{
    struct fovea_tensor_entry *entry =
            &checkpoint->entries[checkpoint->n_entries];
    entry->name = strdup(tensor->name);
    if (!entry->name) {
        return fovea_fail_memory(err, sizeof tensor->name, "a tensor's name");
    }
    entry->tensor.name = entry->name;
    entry->tensor.type = FOVEA_TENSOR_F32;
    entry->tensor.n_dims = tensor->n_dims;
    entry->tensor.n_elements = fovea_tensor_stored(tensor);
    memcpy(entry->tensor.shape, tensor->shape,
            tensor->n_dims * sizeof *tensor->shape);
    entry->spread = spread_of(&tensor->piece);
    checkpoint->n_entries++;
    return FOVEA_OK;
}

static enum fovea_status
add_tower(struct fovea_checkpoint *checkpoint, const struct fovea_tower *tower,
        struct fovea_error *err)
{
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec tensor;
    enum fovea_status status = FOVEA_OK;
    while (!status && tower && fovea_tensor_next(tower, &walk, &tensor)) {
        /* The first share brings the whole. */
        status = tensor.share ? FOVEA_OK : add_tensor(checkpoint, &tensor, err);
    }
    return status;
}

/* One number: as CLIP has it no vector, as SigLIP a vector of one. */
static enum fovea_status
add_scalar(struct fovea_checkpoint *checkpoint, const char *name, float value,
        bool is_vector, struct fovea_error *err)
{
    struct fovea_tensor_spec tensor = { .n_dims = is_vector,
        .shape = { 1 },
        .n_shares = 1 };
    (void)snprintf(tensor.name, sizeof tensor.name, "%s", name);
    enum fovea_status status = add_tensor(checkpoint, &tensor, err);
    if (!status) {
        checkpoint->entries[checkpoint->n_entries - 1].spread =
                (struct fovea_spread){ value, 0.0F };
    }
    return status;
}

/* About what trained models have. */
static enum fovea_status
add_scalars(struct fovea_checkpoint *checkpoint,
        const struct fovea_model_towers *towers, struct fovea_error *err)
{
    if (!towers->image || !towers->text) {
        return FOVEA_OK;
    }
    const bool has_bias =
            fovea_family_get(towers->text->family)->has_logit_bias;
    enum fovea_status status =
            add_scalar(checkpoint, "logit_scale", 4.625F, has_bias, err);
    return !status && has_bias
            ? add_scalar(checkpoint, "logit_bias", -12.875F, true, err)
            : status;
}

enum fovea_status
fovea_checkpoint_create_random_model(const struct fovea_model_towers *towers,
        uint64_t seed, struct fovea_checkpoint **checkpoint_out,
        struct fovea_error *err)
{
    enum {
        SCALARS = 2
    };
    struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status =
            fovea_checkpoint_create(&fovea_source_random, 0, &checkpoint, err);
    if (status) {
        return status;
    }
    size_t n = SCALARS +
            (towers->image ? fovea_tensor_count(towers->image) : 0) +
            (towers->text ? fovea_tensor_count(towers->text) : 0);
    checkpoint->seed = seed;
    checkpoint->entries = calloc(n, sizeof *checkpoint->entries);
    if (!checkpoint->entries) {
        status = fovea_fail_memory(err, n * sizeof *checkpoint->entries,
                "tensors");
    }
    if (!status) {
        status = add_tower(checkpoint, towers->image, err);
    }
    if (!status) {
        status = add_tower(checkpoint, towers->text, err);
    }
    if (!status) {
        status = add_scalars(checkpoint, towers, err);
    }
    if (status) {
        fovea_checkpoint_close(checkpoint);
        return status;
    }
    fovea_entries_sort(checkpoint->entries, checkpoint->n_entries);
    *checkpoint_out = checkpoint;
    return FOVEA_OK;
}

enum fovea_status
fovea_checkpoint_create_random(const struct fovea_tower *tower, uint64_t seed,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    const bool is_text = tower->modality == FOVEA_MODALITY_TEXT;
    const struct fovea_model_towers towers = { is_text ? NULL : tower,
        is_text ? tower : NULL };
    return fovea_checkpoint_create_random_model(&towers, seed, checkpoint_out,
            err);
}
