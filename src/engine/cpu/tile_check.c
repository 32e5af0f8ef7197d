/*
 * See tile_check.h. Operands are small whole numbers, whose sums are exact in any
 * order: what is compared is that everything is where it should be. How the unit rounds
 * is known (tests/unit/test_engine_tiles.c).
 */
#include "engine/cpu/tile_check.h"

#include <string.h>

#include "engine/cpu/bf16.h"
#include "engine/cpu/tile_kernels.h"
#include "engine/cpu/tile_packing.h"

enum {
    ROWS = FOVEA_TILE_BLOCK + 3,
    LINES = 2,
    COLUMNS = 20, /* of two tiles, the second in part */
    MOST_K = LINES * FOVEA_LINE_BYTES,
};

struct operands {
    uint8_t src[ROWS * LINES * FOVEA_LINE_BYTES];
    uint8_t panels[LINES * FOVEA_PANEL_STEP];
    float row_scales[ROWS];
    float scales[COLUMNS];
    int32_t sums[COLUMNS];
    float bias[COLUMNS];
    float dst[ROWS * COLUMNS];
};

/* From -3 to 3. */
static int
source_at(size_t row, size_t k)
{
    return (int)((row * 5 + k * 3) % 7) - 3;
}

static int
weight_at(size_t column, size_t k)
{
    return (int)((column * 3 + k * 5 + k / 7) % 7) - 3;
}

static void
put_element(enum fovea_element element, int value, int zero, void *to)
{
    if (element == FOVEA_ELEMENT_BF16) {
        const uint16_t half = fovea_to_bf16((float)value);
        memcpy(to, &half, sizeof half);
    } else {
        *(uint8_t *)to = (uint8_t)(value + zero);
    }
}

static void
fill(struct operands *operands, enum fovea_element element, size_t k,
        const struct fovea_rows *src)
{
    const size_t size = fovea_element_size(element);
    uint8_t column[LINES * FOVEA_LINE_BYTES];
    for (size_t i = 0; i < ROWS; i++) {
        operands->row_scales[i] = 0.5F;
        for (size_t j = 0; j < k; j++) {
            put_element(element, source_at(i, j), 128,
                    fovea_rows_at(src, i, j));
        }
    }
    for (size_t i = 0; i < FOVEA_PANEL_COLUMNS; i++) {
        int sum = 0;
        for (size_t j = 0; j < k; j++) {
            put_element(element, weight_at(i, j), 0, column + j * size);
            sum += weight_at(i, j);
        }
        fovea_tile_put_column(element, k, i, i < COLUMNS ? column : NULL,
                operands->panels);
        if (i < COLUMNS) {
            operands->scales[i] = 2.0F;
            operands->sums[i] = 128 * sum;
            operands->bias[i] = (float)i;
        }
    }
}

static bool
is_right(const struct operands *operands, size_t k)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < COLUMNS; j++) {
            int sum = (int)j;
            for (size_t at = 0; at < k; at++) {
                sum += source_at(i, at) * weight_at(j, at);
            }
            if (operands->dst[i * COLUMNS + j] != (float)sum) {
                return false;
            }
        }
    }
    return true;
}

static bool
check(enum fovea_element element)
{
    const size_t k = MOST_K / fovea_element_size(element);
    const bool has_scales = element == FOVEA_ELEMENT_U8;
    struct operands operands;
    memset(&operands, 0, sizeof operands);
    struct fovea_rows src = fovea_rows_blocked(operands.src, ROWS, element);
    src.scales = has_scales ? operands.row_scales : NULL;
    const struct fovea_rows dst =
            fovea_rows_dense(operands.dst, COLUMNS, FOVEA_ELEMENT_F32);
    const struct fovea_tile_work work = {
        .src = &src,
        .dst = &dst,
        .n_rows = ROWS,
        .n_lines = LINES,
        .n_columns = COLUMNS,
        .panels = operands.panels,
        .bias = operands.bias,
        .scales = has_scales ? operands.scales : NULL,
        .sums = has_scales ? operands.sums : NULL,
    };
    fill(&operands, element, k, &src);
    fovea_tile_kernel_for(element, FOVEA_ELEMENT_F32, FOVEA_POST_NONE)(&work);
    return is_right(&operands, k);
}

bool
fovea_tile_check(void)
{
    return check(FOVEA_ELEMENT_BF16) && check(FOVEA_ELEMENT_U8);
}
