/* Attention of bfloat16 elements on AVX-512 with dot products of pairs of them. */
#include "engine/cpu/attend_forms.h"
#include "engine/cpu/vector16.h"

#define MOST_ROWS    12
#define MOST_VECTORS 2

INLINE16 vec16
add_product(vec16 sum, vec16 a, vec16 b)
{
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}

#include "engine/cpu/attend_multiply.h"
#include "engine/cpu/attend_pairs.h"

static void
lay_keys(const struct fovea_attend_view *keys, size_t n, size_t width,
        size_t depth, void *panel)
{
    lay_keys16(keys, n, width * sizeof(uint16_t), depth,
            16 * (size_t)MOST_VECTORS, panel);
}

static void
weigh(const struct fovea_attend_weighing *weighing)
{
    weigh_all(weighing, put_pairs, true);
}

const struct fovea_attend_form fovea_attend_avx512_bf16 = {
    .name = "avx512_bf16",
    .element = FOVEA_ELEMENT_BF16,
    .rows = MOST_ROWS,
    .columns = 16 * MOST_VECTORS,
    .depth = 1,
    .whole_rows = 1,
    .lay_keys = lay_keys,
    .lay_values = lay_pairs,
    .multiply = multiply,
    .weigh = weigh,
    .finish = finish_pairs,
};
