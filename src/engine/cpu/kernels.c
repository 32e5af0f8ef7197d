/*
 * See kernels.h. Written with GCC's vector extensions, 16 floats at a time,
 * which become two AVX2 registers or one AVX-512 register. This file and
 * patches.c alone are compiled with contraction to fused multiply-add.
 */
#include "engine/cpu/kernels.h"

#include <math.h>
#include <string.h>

#include "base/simd.h"
#include "engine/cpu/bf16.h"
#include "engine/cpu/lanes.h"

INLINE void
store_bf16(uint16_t *to, const v16f *value)
{
    v16u bits;
    memcpy(&bits, value, sizeof bits);
    bits = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
    v16h half = __builtin_convertvector(bits, v16h);
    memcpy(to, &half, sizeof half);
}

/* The lanes added pairwise, always in the same order. */
INLINE float
add_lanes(const v16f *value)
{
    float lane[FOVEA_LANES];
    memcpy(lane, value, sizeof lane);
    for (size_t half = FOVEA_LANES / 2; half > 0; half /= 2) {
        for (size_t i = 0; i < half; i++) {
            lane[i] += lane[i + half];
        }
    }
    return lane[0];
}

static void
add_row(float *out, const float *a, const float *b, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        out[i] = a[i] + b[i];
    }
}

void
fovea_kernel_tokens(float *x, size_t n_images,
        const struct fovea_token_parts *parts)
{
    const size_t width = parts->width;
    const size_t n_others = parts->n_others;
    /* Backwards: a row's new place is never before its old one. */
    for (size_t i = n_images; i-- > 0;) {
        float *image = x + i * (n_others + parts->n_patches) * width;
        for (size_t p = parts->n_patches; p-- > 0;) {
            add_row(image + (n_others + p) * width,
                    x + (i * parts->n_patches + p) * width,
                    parts->position + (n_others + p) * width, width);
        }
        if (n_others > 0) {
            memcpy(image, parts->position, n_others * width * sizeof(float));
        }
        if (parts->cls) {
            add_row(image, parts->cls, parts->position, width);
        }
    }
}

void
fovea_kernel_narrow(const float *values, size_t n, enum fovea_element element,
        void *out)
{
    if (element == FOVEA_ELEMENT_F32) {
        memcpy(out, values, n * sizeof *values);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ((uint16_t *)out)[i] = fovea_to_bf16(values[i]);
    }
}

void
fovea_kernel_words(const struct fovea_token_table *table, const uint32_t *ids,
        size_t n, float *x)
{
    const size_t width = table->width;
    for (size_t i = 0; i < n; i++) {
        const float *position = table->position + i * width;
        const size_t at = ids[i] * width;
        if (table->element == FOVEA_ELEMENT_F32) {
            add_row(x + i * width, (const float *)table->tokens + at, position,
                    width);
            continue;
        }
        const uint16_t *token = (const uint16_t *)table->tokens + at;
        for (size_t k = 0; k < width; k++) {
            uint32_t bits = (uint32_t)token[k] << 16;
            float value;
            memcpy(&value, &bits, sizeof value);
            x[i * width + k] = value + position[k];
        }
    }
}

/* Sum over a row of f(value), the tail handled as lanes that stay 0. */
#define SUM_ROW(sum, row, width, expression)                     \
    do {                                                         \
        v16f lanes_ = { 0 };                                     \
        size_t i_ = 0;                                           \
        for (; i_ + FOVEA_LANES <= (width); i_ += FOVEA_LANES) { \
            v16f value;                                          \
            load(&value, (row) + i_);                            \
            lanes_ += (expression);                              \
        }                                                        \
        for (size_t l_ = 0; i_ < (width); i_++, l_++) {          \
            float value = (row)[i_];                             \
            lanes_[l_] += (expression);                          \
        }                                                        \
        (sum) = add_lanes(&lanes_);                              \
    } while (0)

/* Where the i-th element of a row lies. */
INLINE uint8_t *
element_at(uint8_t *row, size_t i, enum fovea_element element,
        size_t line_stride)
{
    const size_t byte = i * fovea_element_size(element);
    return row + byte / FOVEA_LINE_BYTES * line_stride +
            byte % FOVEA_LINE_BYTES;
}

INLINE void
norm_row(const float *x, const struct fovea_norm *norm,
        enum fovea_element element, uint8_t *out, size_t line_stride)
{
    const size_t width = norm->width;
    float sum;
    SUM_ROW(sum, x, width, value);
    float mean = sum / (float)width;
    SUM_ROW(sum, x, width, (value - mean) * (value - mean));
    float scale = 1.0F / sqrtf(sum / (float)width + norm->eps);

    size_t i = 0;
    for (; i + FOVEA_LANES <= width; i += FOVEA_LANES) {
        void *to = element_at(out, i, element, line_stride);
        v16f value;
        v16f weight;
        v16f bias;
        load(&value, x + i);
        load(&weight, norm->weight + i);
        load(&bias, norm->bias + i);
        value = (value - mean) * scale * weight + bias;
        if (element == FOVEA_ELEMENT_BF16) {
            store_bf16(to, &value);
        } else {
            store(to, &value);
        }
    }
    for (; i < width; i++) {
        void *to = element_at(out, i, element, line_stride);
        float value = (x[i] - mean) * scale * norm->weight[i] + norm->bias[i];
        if (element == FOVEA_ELEMENT_BF16) {
            *(uint16_t *)to = fovea_to_bf16(value);
        } else {
            *(float *)to = value;
        }
    }
}

FOVEA_CLONES void
fovea_kernel_layer_norm(const float *x, size_t n, const struct fovea_norm *norm,
        const struct fovea_rows *out)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t *row = fovea_rows_line(out, i, 0);
        if (out->element == FOVEA_ELEMENT_BF16) {
            norm_row(x + i * norm->width, norm, FOVEA_ELEMENT_BF16, row,
                    out->line_stride);
        } else {
            norm_row(x + i * norm->width, norm, FOVEA_ELEMENT_F32, row,
                    out->line_stride);
        }
    }
}

void
fovea_kernel_round_bf16(float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)fovea_to_bf16(values[i]) << 16;
        memcpy(&values[i], &bits, sizeof bits);
    }
}
