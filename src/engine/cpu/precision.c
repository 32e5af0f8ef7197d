/* See precision.h. */
#include "engine/cpu/precision.h"

enum {
    /* Narrower towers compute in float32 whatever is asked: they take no time
       worth saving, and their few channels do not average rounding errors out (a
       tower of 64 fell to a cosine of 0.9906 on one of 160 photographs; 192 has
       0.9997). */
    MIN_BF16_WIDTH = 256
};

bool
fovea_precision_may_be_bf16(const struct fovea_tower *tower, bool has_bf16)
{
    return has_bf16 && tower->width >= MIN_BF16_WIDTH;
}

/* No default, so that a dtype without its precision is a warning. */
enum fovea_precision
fovea_precision_choose(const struct fovea_tower *tower, enum fovea_dtype dtype,
        const struct fovea_precision_cpu *cpu)
{
    const bool has_bf16 = cpu->has_bf16;
    switch (dtype) {
    case FOVEA_DTYPE_BF16:
        return fovea_precision_may_be_bf16(tower, has_bf16)
                ? FOVEA_PRECISION_BF16
                : FOVEA_PRECISION_BF16_WEIGHTS;
    case FOVEA_DTYPE_INT8:
        if (!cpu->has_vnni || tower->width < MIN_BF16_WIDTH) {
            return FOVEA_PRECISION_INT8_WEIGHTS;
        }
        return has_bf16 ? FOVEA_PRECISION_INT8 : FOVEA_PRECISION_INT8_F32;
    case FOVEA_DTYPE_AUTO:
    case FOVEA_DTYPE_F32:
        break;
    }
    return FOVEA_PRECISION_F32;
}

/* What pools by attention is a layer's pieces, but none of the layers; what is outside
   the layers has 0. */
static bool
is_inner(const struct fovea_tower *tower, size_t layer)
{
    return layer >= 1 && layer < tower->n_layers;
}

bool
fovea_precision_is_inner(const struct fovea_tower *tower,
        const struct fovea_piece *piece)
{
    return piece->k > 0 && is_inner(tower, piece->layer);
}

bool
fovea_precision_balances(enum fovea_precision precision,
        const struct fovea_tower *tower, size_t layer)
{
    static const bool balanced[FOVEA_N_PRECISIONS] = {
#define X(name, layers, others, round_layers, round_others, balances) \
    [FOVEA_PRECISION_##name] = (balances),
#include "engine/cpu/precision.def"
#undef X
    };
    return balanced[precision] && is_inner(tower, layer);
}

/* Where matrices are rounded to bfloat16, so are tokens, whatever holds those. */
enum fovea_element
fovea_precision_table(enum fovea_precision precision)
{
    return precision == FOVEA_PRECISION_F32 ? FOVEA_ELEMENT_F32
                                            : FOVEA_ELEMENT_BF16;
}

enum fovea_element
fovea_precision_element(enum fovea_precision precision)
{
    static const enum fovea_element elements[FOVEA_N_PRECISIONS] = {
#define X(name, layers, others, round_layers, round_others, balances) \
    [FOVEA_PRECISION_##name] = FOVEA_ELEMENT_##others,
#include "engine/cpu/precision.def"
#undef X
    };
    return elements[precision];
}

static enum fovea_element
element_of_layers(enum fovea_precision precision)
{
    static const enum fovea_element elements[FOVEA_N_PRECISIONS] = {
#define X(name, layers, others, round_layers, round_others, balances) \
    [FOVEA_PRECISION_##name] = FOVEA_ELEMENT_##layers,
#include "engine/cpu/precision.def"
#undef X
    };
    return elements[precision];
}

bool
fovea_precision_has_int8(enum fovea_precision precision)
{
    return element_of_layers(precision) == FOVEA_ELEMENT_U8;
}

enum fovea_element
fovea_precision_of_layer(enum fovea_precision precision,
        const struct fovea_tower *tower, size_t layer)
{
    return is_inner(tower, layer) ? element_of_layers(precision)
                                  : fovea_precision_element(precision);
}
