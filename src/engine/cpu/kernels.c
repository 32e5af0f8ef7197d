/* See kernels.h. */
#include "engine/cpu/kernels.h"

#include <string.h>

#include "engine/cpu/bf16.h"

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

void
fovea_kernel_layer_norm(const float *x, size_t n, const struct fovea_norm *norm,
        const struct fovea_rows *out)
{
    /* All that it is compiled for. */
    if (__builtin_cpu_supports("avx512f") &&
            __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl")) {
        fovea_norm_avx512(x, n, norm, out);
    } else {
        fovea_norm_avx2(x, n, norm, out);
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
