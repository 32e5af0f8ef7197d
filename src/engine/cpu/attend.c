/*
 * See attend.h; compiled as kernels.c is. Both products are of four rows by sixteen
 * columns at a time. Keys lie transposed for the first, so that no sum runs across
 * lanes.
 */
#include "engine/cpu/attend.h"

#include <math.h>

#include "base/simd.h"
#include "engine/cpu/attend_room.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/lanes.h"

enum {
    ROWS = FOVEA_ATTEND_ROWS
};

/* The i-th element of a buffer. */
INLINE float
widen(const void *buffer, size_t i, enum fovea_element element)
{
    if (element == FOVEA_ELEMENT_F32) {
        return ((const float *)buffer)[i];
    }
    uint32_t bits = (uint32_t)((const uint16_t *)buffer)[i] << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Of a key that is not there all is 0. */
INLINE void
lay_keys(const struct fovea_attend *attend, const void *key, size_t column,
        enum fovea_element element, const struct fovea_attend_room *room)
{
    for (size_t i = 0; i < room->key_width; i++) {
        for (size_t d = 0; d < attend->head_dim; d++) {
            room->keys[d * room->key_width + i] = i < attend->n_keys
                    ? widen(key, i * attend->key_stride + column + d, element)
                    : 0.0F;
        }
    }
}

INLINE void
lay_rows(const void *from, size_t first, size_t stride, size_t n,
        size_t head_dim, enum fovea_element element, float *to,
        size_t to_stride)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t d = 0; d < head_dim; d++) {
            to[i * to_stride + d] =
                    widen(from, first + i * stride + d, element);
        }
    }
}

/* c[ROWS][columns of b] = a[ROWS][n] * b[n][...], b's columns in whole lanes. */
INLINE void
multiply(const float *a, size_t a_stride, size_t n, const float *b,
        size_t b_stride, size_t columns, float *c)
{
    for (size_t column = 0; column < columns; column += FOVEA_LANES) {
        v16f sums[ROWS] = { { 0 } };
        for (size_t i = 0; i < n; i++) {
            v16f value;
            load(&value, b + i * b_stride + column);
            for (size_t r = 0; r < ROWS; r++) {
                sums[r] += value * a[r * a_stride + i];
            }
        }
        for (size_t r = 0; r < ROWS; r++) {
            store(c + r * b_stride + column, &sums[r]);
        }
    }
}

/* The first n of the rows' scores become what they weigh; those of keys that a row
   does not see become 0. */
INLINE void
weigh(const struct fovea_attend *attend, size_t first, size_t n,
        const struct fovea_attend_room *room)
{
    const float scale = 1.0F / sqrtf((float)attend->head_dim);
    const size_t before = attend->n_keys - attend->n_queries;
    for (size_t r = 0; r < n; r++) {
        const size_t seen =
                attend->is_causal ? before + first + r + 1 : attend->n_keys;
        float *row = room->scores + r * room->key_width;
        fovea_kernel_softmax(row, 1, seen, room->key_width, scale,
                FOVEA_ELEMENT_F32);
        memset(row + seen, 0, (room->key_width - seen) * sizeof *row);
    }
}

INLINE void
attend_head(const struct fovea_attend *attend, const void *query,
        const void *key, const void *value, void *out, size_t column,
        enum fovea_element element, const struct fovea_attend_room *room)
{
    const size_t head_dim = attend->head_dim;
    lay_keys(attend, key, column, element, room);
    lay_rows(value, column, attend->key_stride, attend->n_keys, head_dim,
            element, room->values, room->dim);
    for (size_t i = 0; i < attend->n_queries; i += ROWS) {
        const size_t left = attend->n_queries - i;
        const size_t n = left < ROWS ? left : ROWS;
        const size_t before = attend->n_keys - attend->n_queries;
        const size_t seen = attend->is_causal ? before + i + n : attend->n_keys;
        lay_rows(query, i * attend->query_stride + column, attend->query_stride,
                n, head_dim, element, room->queries, head_dim);
        multiply(room->queries, head_dim, head_dim, room->keys, room->key_width,
                seen, room->scores);
        weigh(attend, i, n, room);
        multiply(room->scores, room->key_width, seen, room->values, room->dim,
                room->dim, room->gathered);
        for (size_t r = 0; r < n; r++) {
            fovea_kernel_narrow(room->gathered + r * room->dim, head_dim,
                    element,
                    (uint8_t *)out +
                            ((i + r) * attend->out_stride + column) *
                                    fovea_element_size(element));
        }
    }
}

FOVEA_CLONES void
fovea_kernel_attend(const struct fovea_attend *attend, const void *query,
        const void *key, const void *value, void *out, float *scratch)
{
    struct fovea_attend_room room;
    size_t n = fovea_attend_divide(attend->head_dim, attend->n_keys, scratch,
            &room);
    /* What stands past a head's columns, and rows that are not there. */
    memset(scratch, 0, n * sizeof *scratch);
    for (size_t head = 0; head < attend->n_heads; head++) {
        const size_t column = head * attend->head_dim;
        if (attend->element == FOVEA_ELEMENT_F32) {
            attend_head(attend, query, key, value, out, column,
                    FOVEA_ELEMENT_F32, &room);
        } else {
            attend_head(attend, query, key, value, out, column,
                    FOVEA_ELEMENT_BF16, &room);
        }
    }
}
