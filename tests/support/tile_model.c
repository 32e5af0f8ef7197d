/* See tile_model.h. */
#include "support/tile_model.h"

#include <string.h>
#include <xmmintrin.h>

enum {
    PALETTE = 1, /* the only one that CPUs have: eight tiles of 1 KiB */
    START_ROW_AT = 1,
    ROW_BYTES_AT = 16,
    ROWS_AT = 48,
    N_COLUMNS = TILE_ROW_BYTES / 4,
    /* MXCSR: no exceptions, round to nearest, denormals are 0 on both sides. */
    MXCSR_OF_TILES = 0x9fc0,
};

/* Bytes of a configuration that are not 0 may stand in these places alone. */
static bool
may_be_set(size_t at)
{
    return at == 0 ||
            (at >= ROW_BYTES_AT && at < ROW_BYTES_AT + 2 * TILE_COUNT) ||
            (at >= ROWS_AT && at < ROWS_AT + TILE_COUNT);
}

static bool
is_valid(const struct tile_unit *unit, unsigned tile)
{
    return unit->is_configured && tile < TILE_COUNT && unit->rows[tile] > 0 &&
            unit->row_bytes[tile] % 4 == 0;
}

bool
tile_model_configure(struct tile_unit *unit, const void *config)
{
    uint8_t bytes[TILE_CONFIG_BYTES];
    memcpy(bytes, config, sizeof bytes);
    struct tile_unit next = { .is_configured = bytes[0] == PALETTE };
    if (bytes[0] == 0) {
        *unit = next;
        return true;
    }
    /* A start row is of an interrupted instruction: nobody sets one. */
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (bytes[i] != 0 && !may_be_set(i)) {
            return false;
        }
    }
    for (size_t i = 0; i < TILE_COUNT; i++) {
        memcpy(&next.row_bytes[i], bytes + ROW_BYTES_AT + 2 * i, 2);
        next.rows[i] = bytes[ROWS_AT + i];
        if (next.rows[i] > TILE_ROWS || next.row_bytes[i] > TILE_ROW_BYTES ||
                (next.rows[i] == 0) != (next.row_bytes[i] == 0)) {
            return false;
        }
    }
    if (!next.is_configured) {
        return false;
    }
    *unit = next;
    return true;
}

void
tile_model_store_config(const struct tile_unit *unit, void *config)
{
    uint8_t bytes[TILE_CONFIG_BYTES] = { 0 };
    if (unit->is_configured) {
        bytes[0] = PALETTE;
        for (size_t i = 0; i < TILE_COUNT; i++) {
            memcpy(bytes + ROW_BYTES_AT + 2 * i, &unit->row_bytes[i], 2);
            bytes[ROWS_AT + i] = unit->rows[i];
        }
    }
    memcpy(config, bytes, sizeof bytes);
}

void
tile_model_release(struct tile_unit *unit)
{
    memset(unit, 0, sizeof *unit);
}

bool
tile_model_zero(struct tile_unit *unit, unsigned to)
{
    if (!is_valid(unit, to)) {
        return false;
    }
    memset(unit->data[to], 0, sizeof unit->data[to]);
    return true;
}

bool
tile_model_load(struct tile_unit *unit, unsigned to, const void *base,
        ptrdiff_t stride)
{
    if (!tile_model_zero(unit, to)) {
        return false;
    }
    for (ptrdiff_t i = 0; i < unit->rows[to]; i++) {
        memcpy(unit->data[to][i], (const uint8_t *)base + i * stride,
                unit->row_bytes[to]);
    }
    return true;
}

bool
tile_model_store(const struct tile_unit *unit, unsigned from, void *base,
        ptrdiff_t stride)
{
    if (!is_valid(unit, from)) {
        return false;
    }
    for (ptrdiff_t i = 0; i < unit->rows[from]; i++) {
        memcpy((uint8_t *)base + i * stride, unit->data[from][i],
                unit->row_bytes[from]);
    }
    return true;
}

/* Three tiles that fit: to is m x n, a is m x k, b is k x n. */
static bool
fit(const struct tile_unit *unit, unsigned to, unsigned a, unsigned b)
{
    return is_valid(unit, to) && is_valid(unit, a) && is_valid(unit, b) &&
            to != a && to != b && a != b && unit->rows[to] == unit->rows[a] &&
            unit->row_bytes[to] == unit->row_bytes[b] &&
            unit->row_bytes[a] / 4 == unit->rows[b];
}

static float
from_bf16(uint16_t bits)
{
    const uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

float
tile_model_sum_pairs(float sum, const uint16_t *a, const uint16_t *b,
        size_t b_stride, size_t n)
{
    const unsigned before = _mm_getcsr();
    _mm_setcsr(MXCSR_OF_TILES);
    /* So that the compiler does no arithmetic before or after. */
    volatile float chains[2] = { 0.0F, 0.0F };
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < 2; i++) {
            volatile float x = from_bf16(a[2 * k + i]);
            volatile float y = from_bf16(b[k * b_stride + i]);
            chains[i] = __builtin_fmaf(x, y, chains[i]);
        }
    }
    volatile float both = chains[0] + chains[1];
    volatile float result = sum + both;
    _mm_setcsr(before);
    return result;
}

/* Sixteen columns at a time, so that whole networks can be run. */
static void
add_row_of_pairs(const struct tile_unit *unit, const uint8_t *a_row, unsigned b,
        size_t n_groups, float *sums)
{
    float chains[2][N_COLUMNS] = { { 0.0F } };
    for (size_t k = 0; k < n_groups; k++) {
        uint16_t pair[2];
        memcpy(pair, a_row + 4 * k, sizeof pair);
        uint32_t words[N_COLUMNS];
        memcpy(words, unit->data[b][k], sizeof words);
        const float x[2] = { from_bf16(pair[0]), from_bf16(pair[1]) };
        for (size_t n = 0; n < N_COLUMNS; n++) {
            const uint32_t low = words[n] << 16;
            const uint32_t high = words[n] & 0xffff0000U;
            float y[2];
            memcpy(&y[0], &low, sizeof low);
            memcpy(&y[1], &high, sizeof high);
            chains[0][n] = __builtin_fmaf(x[0], y[0], chains[0][n]);
            chains[1][n] = __builtin_fmaf(x[1], y[1], chains[1][n]);
        }
    }
    for (size_t n = 0; n < N_COLUMNS; n++) {
        sums[n] += chains[0][n] + chains[1][n];
    }
}

/* Arithmetic that reads and writes memory, where a compiler leaves it: between two
   changes of MXCSR. */
__attribute__((noinline)) static void
multiply_bf16(struct tile_unit *unit, unsigned to, unsigned a, unsigned b)
{
    for (size_t m = 0; m < unit->rows[to]; m++) {
        float sums[N_COLUMNS];
        memcpy(sums, unit->data[to][m], sizeof sums);
        add_row_of_pairs(unit, unit->data[a][m], b, unit->rows[b], sums);
        memcpy(unit->data[to][m], sums, unit->row_bytes[to]);
    }
}

bool
tile_model_dot_bf16(struct tile_unit *unit, unsigned to, unsigned a, unsigned b)
{
    if (!fit(unit, to, a, b)) {
        return false;
    }
    const unsigned before = _mm_getcsr();
    _mm_setcsr(MXCSR_OF_TILES);
    multiply_bf16(unit, to, a, b);
    _mm_setcsr(before);
    return true;
}

static int32_t
widen(uint8_t byte, bool is_signed)
{
    return is_signed ? (int8_t)byte : (int32_t)byte;
}

bool
tile_model_dot_bytes(struct tile_unit *unit, unsigned to, unsigned a,
        unsigned b, struct tile_signs signs)
{
    if (!fit(unit, to, a, b)) {
        return false;
    }
    for (size_t m = 0; m < unit->rows[to]; m++) {
        uint32_t sums[N_COLUMNS];
        memcpy(sums, unit->data[to][m], sizeof sums);
        for (size_t k = 0; k < unit->rows[b]; k++) {
            for (size_t n = 0; n < N_COLUMNS; n++) {
                for (size_t i = 0; i < 4; i++) {
                    sums[n] += (uint32_t)(widen(unit->data[a][m][4 * k + i],
                                                  signs.a) *
                            widen(unit->data[b][k][4 * n + i], signs.b));
                }
            }
        }
        memcpy(unit->data[to][m], sums, unit->row_bytes[to]);
    }
    return true;
}
