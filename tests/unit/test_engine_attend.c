/* Attention of sequences of every length, against sums written out in double. */
#include <math.h>

#include "base/macros.h"
#include "engine/cpu/attend.h"
#include "engine/cpu/attend_room.h"
#include "engine/cpu/bf16.h"
#include "support/test.h"

enum {
    N_HEADS = 3,
    MOST_TOKENS = 80
};

/* The same values twice: as elements, and as what those are worth. */
struct rows {
    void *elements;
    float *values;
};

static struct rows
make_rows(size_t n, enum fovea_element element, uint32_t *noise)
{
    struct rows rows = { calloc(n, fovea_element_size(element)),
        calloc(n, sizeof(float)) };
    assert_true(rows.elements && rows.values);
    for (size_t i = 0; i < n; i++) {
        *noise = *noise * 1664525U + 1013904223U;
        float value = (float)(*noise >> 8) * 0x1p-22F - 2.0F;
        if (element == FOVEA_ELEMENT_BF16) {
            uint16_t half = fovea_to_bf16(value);
            uint32_t bits = (uint32_t)half << 16;
            memcpy(&value, &bits, sizeof value);
            ((uint16_t *)rows.elements)[i] = half;
        } else {
            ((float *)rows.elements)[i] = value;
        }
        rows.values[i] = value;
    }
    return rows;
}

static void
drop_rows(struct rows *rows)
{
    free(rows->elements);
    free(rows->values);
}

/* What one head of one query, which sees n tokens, gathers in one column. */
static double
gather(const float *query, const float *keys, const float *values, size_t n,
        size_t stride, size_t head_dim)
{
    double sum = 0.0;
    double gathered = 0.0;
    for (size_t t = 0; t < n; t++) {
        double score = 0.0;
        for (size_t i = 0; i < head_dim; i++) {
            score += (double)query[i] * (double)keys[t * stride + i];
        }
        double weight = exp(score / sqrt((double)head_dim));
        sum += weight;
        gathered += weight * (double)values[t * stride];
    }
    return gathered / sum;
}

static void
check(const struct fovea_attend *attend, uint32_t *noise)
{
    const size_t stride = attend->key_stride;
    const size_t n_out = attend->n_queries * stride;
    const bool is_narrow = attend->element == FOVEA_ELEMENT_BF16;
    struct rows query = make_rows(n_out, attend->element, noise);
    struct rows keys =
            make_rows(attend->n_keys * stride, attend->element, noise);
    struct rows values =
            make_rows(attend->n_keys * stride, attend->element, noise);
    struct rows out = make_rows(n_out, attend->element, noise);
    size_t n_scratch =
            fovea_attend_divide(attend->head_dim, attend->n_keys, NULL, NULL);
    float *scratch =
            aligned_alloc(FOVEA_OPERAND_ALIGNMENT, n_scratch * sizeof *scratch);
    assert_non_null(scratch);
    fovea_kernel_attend(attend, query.elements, keys.elements, values.elements,
            out.elements, scratch);
    for (size_t i = 0; i < n_out; i++) {
        const size_t row = i / stride;
        const size_t head = i % stride / attend->head_dim * attend->head_dim;
        const size_t seen = attend->is_causal
                ? attend->n_keys - attend->n_queries + row + 1
                : attend->n_keys;
        double expected = gather(query.values + row * stride + head,
                keys.values + head, values.values + i % stride, seen, stride,
                attend->head_dim);
        float got = 0.0F;
        if (!is_narrow) {
            got = ((const float *)out.elements)[i];
        } else {
            uint32_t bits = (uint32_t)((const uint16_t *)out.elements)[i] << 16;
            memcpy(&got, &bits, sizeof got);
        }
        assert_true(fabs((double)got - expected) <= (is_narrow ? 0.01 : 3e-6));
    }
    free(scratch);
    drop_rows(&query);
    drop_rows(&keys);
    drop_rows(&values);
    drop_rows(&out);
}

/* All tokens of a sequence, and its last one alone. */
static void
every_length_and_width_is_as_written_out(void **state)
{
    (void)state;
    uint32_t noise = 7;
    for (size_t dim = 1; dim <= 72; dim += dim < 18 ? 1 : 18) {
        for (size_t n = 1; n <= MOST_TOKENS; n += n < 18 ? 1 : 15) {
            for (unsigned k = 0; k < 8; k++) {
                const size_t stride = N_HEADS * dim;
                const struct fovea_attend attend = { N_HEADS, dim,
                    k & 1U ? 1 : n, n, (k & 2U) != 0, stride, stride, stride,
                    k & 4U ? FOVEA_ELEMENT_BF16 : FOVEA_ELEMENT_F32 };
                check(&attend, &noise);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_and_width_is_as_written_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
