/* See vectors.h. */
#include "support/vectors.h"

#include <float.h>
#include <math.h>

#include "base/macros.h"
#include "store/score.h"
#include "support/test.h"

enum {
    N_DIFFERENT = 7, /* of VECTORS_EQUAL */
    SPIKE = 1000,
};

uint32_t
vectors_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

/* -1 to 1. */
static float
random_float(uint64_t *state)
{
    return (float)((double)vectors_random(state) / 0x80000000U - 1);
}

static void
fill_row(enum vectors_kind kind, uint64_t *state, size_t i, float *row,
        size_t n)
{
    uint64_t shared = 77 + (kind == VECTORS_EQUAL ? i * 31 % N_DIFFERENT : 0);
    float size = kind == VECTORS_SIZES
            ? ldexpf(1, (int)(vectors_random(state) % 240) - 120)
            : 1;
    for (size_t j = 0; j < n; j++) {
        switch (kind) {
        case VECTORS_CLOSE:
            row[j] = random_float(&shared) + 1e-4F * random_float(state);
            break;
        case VECTORS_EQUAL:
            row[j] = random_float(&shared);
            break;
        case VECTORS_EXACT:
            row[j] = (float)((int)(vectors_random(state) % 3) - 1);
            break;
        case VECTORS_DENORMAL:
            row[j] = (float)(vectors_random(state) % 64) * FLT_TRUE_MIN;
            break;
        case VECTORS_SIZES:
            row[j] = random_float(state) * size;
            break;
        case VECTORS_RANDOM:
        case VECTORS_SPIKY:
        case VECTORS_N_KINDS:
        default:
            row[j] = random_float(state);
            break;
        }
    }
    if (kind == VECTORS_SPIKY) {
        row[i % n] = SPIKE;
    }
    row[i % n] += row[i % n] == 0
            ? size * (kind == VECTORS_DENORMAL ? FLT_TRUE_MIN : 1)
            : 0;
}

void
vectors_fill(enum vectors_kind kind, uint64_t seed, float *rows, size_t n,
        size_t dimension)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15U + 1;
    for (size_t i = 0; i < n; i++) {
        fill_row(kind, &state, i, rows + i * dimension, dimension);
    }
}

struct fovea_segment *
vectors_segment(const char *path, enum fovea_store store, uint32_t capacity,
        const float *rows, size_t n, size_t dimension)
{
    struct fovea_error error;
    struct fovea_segment *segment = NULL;
    const struct fovea_segment_spec spec = {
        .dimension = (uint32_t)dimension,
        .capacity = capacity,
        .store = store,
    };
    assert_ok(fovea_segment_create(path, &spec, &segment, &error), &error);
    assert_ok(fovea_segment_append(segment, rows, n, &error), &error);
    assert_ok(fovea_segment_sync(segment, &error), &error);
    fovea_segment_close(segment);
    assert_ok(fovea_segment_open(path, &spec, n, FOVEA_SEGMENT_READ, &segment,
                      &error),
            &error);
    return segment;
}

static int
compare(const void *one, const void *other)
{
    const struct fovea_hit *a = one;
    const struct fovea_hit *b = other;
    if (a->score > b->score || a->score < b->score) {
        return a->score > b->score ? -1 : 1;
    }
    return a->row < b->row ? -1 : 1;
}

struct fovea_hits
vectors_scan_all(const struct fovea_scan *scan, const float *query)
{
    struct fovea_error error;
    struct fovea_hits hits = { 0 };
    size_t dimension = fovea_segment_describe(scan->segments[0])->dimension;
    FOVEA_AUTO_FREE float *row = malloc(dimension * sizeof *row);
    uint64_t first = 0;
    for (size_t i = 0; i < scan->n_segments; i++) {
        const struct fovea_segment *segment = scan->segments[i];
        uint64_t n = fovea_segment_n_rows(segment);
        hits.hits = reallocarray(hits.hits, first + n + 1, sizeof *hits.hits);
        for (uint64_t j = 0; j < n; j++) {
            uint64_t at = first + j;
            if (scan->mask && !(scan->mask[at / 64] >> at % 64 & 1)) {
                continue;
            }
            hits.n_scanned++;
            assert_ok(fovea_segment_read(segment, j, 1, row, &error), &error);
            float score = fovea_score(query,
                    fovea_score_square(query, dimension), row, dimension);
            if (score >= scan->min_score) {
                hits.hits[hits.n++] = (struct fovea_hit){ at, score };
            }
        }
        first += n;
    }
    if (hits.n > 0) {
        qsort(hits.hits, hits.n, sizeof *hits.hits, compare);
    }
    hits.n = scan->k > 0 && scan->k < hits.n ? scan->k : hits.n;
    return hits;
}
