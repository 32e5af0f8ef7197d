/*
 * Filter tables: see resample_filter.h. The order of the operations in double
 * is part of the result: it decides how the last bit of a weight rounds.
 * Source of the filter: Keys 1981, "Cubic convolution interpolation", a = -1/2.
 */
#include "image/resample_filter.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"

static double
bilinear(double x)
{
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

static double
bicubic(double x)
{
    const double a = -0.5;
    x = fabs(x);
    if (x < 1.0) {
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    }
    if (x < 2.0) {
        return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
    }
    return 0.0;
}

/* How an axis is sampled; see rule 5 of Pillow's resize. */
struct sampling {
    double (*kernel)(double x);
    double start;
    double scale;
    double filter_scale;
    double support;
};

static struct sampling
sampling_of(enum fovea_filter filter, const struct fovea_axis *axis)
{
    bool linear = filter == FOVEA_FILTER_BILINEAR;
    double scale = axis->extent / (double)axis->resized_px;
    double behind = (double)axis->source_px - axis->extent - axis->start;
    double filter_scale = scale < 1.0 ? 1.0 : scale;
    return (struct sampling){
        .kernel = linear ? bilinear : bicubic,
        .start = axis->mirrored ? behind : axis->start,
        .scale = scale,
        .filter_scale = filter_scale,
        .support = (linear ? 1.0 : 2.0) * filter_scale,
    };
}

/* Fill `weights` for output i of the resized side; gives the first sample. */
static uint32_t
compute_weights(const struct sampling *sampling, uint32_t source_px, uint32_t i,
        double *weights, uint32_t *count_out)
{
    double centre = sampling->start + ((double)i + 0.5) * sampling->scale;
    double inverse = 1.0 / sampling->filter_scale;
    double low = centre - sampling->support + 0.5;
    double high = centre + sampling->support + 0.5;
    uint32_t first = low < 0.0 ? 0 : (uint32_t)low;
    uint32_t end = high > (double)source_px ? source_px : (uint32_t)high;
    FOVEA_ASSERT(end > first);
    uint32_t count = end - first;
    double sum = 0.0;
    for (uint32_t x = 0; x < count; x++) {
        double at = ((double)(x + first) - centre + 0.5) * inverse;
        weights[x] = sampling->kernel(at);
        sum += weights[x];
    }
    for (uint32_t x = 0; x < count; x++) {
        weights[x] /= sum;
    }
    *count_out = count;
    return first;
}

static int32_t
to_fixed(double weight, unsigned n_bits)
{
    double scaled = weight * (double)(1 << n_bits);
    return (int32_t)(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

/* How many fractional bits PyTorch gives the weights of an axis: so many that the
   largest still fits 16 bits. The first output of a picture that grows has a
   weight from 1 to 2, because what lies outside would have counted nothing or less,
   and none has a larger one: the others need not be looked at. */
static unsigned
int16_bits(const struct sampling *sampling, const struct fovea_axis *axis,
        double *weights)
{
    bool grows = axis->resized_px > axis->source_px;
    double largest = 0.0;
    for (uint32_t i = 0; i < (grows ? 1 : axis->resized_px); i++) {
        uint32_t count = 0;
        (void)compute_weights(sampling, axis->source_px, i, weights, &count);
        for (uint32_t x = 0; x < count; x++) {
            largest = weights[x] > largest ? weights[x] : largest;
        }
    }
    unsigned n_bits = 0;
    while (n_bits < FOVEA_RESAMPLE_BITS &&
            to_fixed(largest, n_bits + 1) <= INT16_MAX) {
        n_bits++;
    }
    return n_bits;
}

static void
store_output(struct fovea_filter_table *table, const struct fovea_axis *axis,
        uint32_t output, uint32_t first, const double *weights)
{
    uint32_t count = table->counts[output];
    size_t row = (size_t)output * table->n_taps;
    for (uint32_t x = 0; x < count; x++) {
        int32_t weight = to_fixed(weights[x], table->n_bits);
        size_t at = row + (axis->mirrored ? count - 1 - x : x);
        int32_t low = table->lows ? weight & 255 : 0;
        table->highs[at] =
                (int16_t)(table->lows ? (weight - low) / 256 : weight);
        if (table->lows) {
            table->lows[at] = (int16_t)low;
        }
    }
    uint32_t stored = axis->mirrored ? axis->source_px - first - count : first;
    table->firsts[output] = stored;
    if (output == 0 || stored < table->begin) {
        table->begin = stored;
    }
    if (stored + count > table->end) {
        table->end = stored + count;
    }
}

/* Room for the taps of the widest output; *max_out is before padding. */
static uint32_t
padded_taps(const struct sampling *sampling, uint32_t source_px,
        uint32_t *max_out)
{
    double widest = ceil(sampling->support) * 2.0 + 1.0;
    uint32_t max = widest < (double)source_px ? (uint32_t)widest : source_px;
    *max_out = max;
    uint32_t lanes = FOVEA_RESAMPLE_LANES;
    return (max + lanes - 1) / lanes * lanes;
}

static enum fovea_status
allocate(struct fovea_filter_table *table, bool halves, struct fovea_error *err)
{
    size_t n = 0;
    if (!fovea_mul_size(table->n_outputs, table->n_taps, &n)) {
        return fovea_fail_memory(err, SIZE_MAX, "the filter's weights");
    }
    table->firsts = calloc(table->n_outputs, sizeof *table->firsts);
    table->counts = calloc(table->n_outputs, sizeof *table->counts);
    table->highs = calloc(n, sizeof *table->highs);
    table->lows = halves ? calloc(n, sizeof *table->lows) : NULL;
    if (!table->firsts || !table->counts || !table->highs ||
            (halves && !table->lows)) {
        return fovea_fail_memory(err, n * 2 * sizeof(int16_t),
                "the filter's weights");
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_filter_table_init(struct fovea_filter_table *table_out,
        enum fovea_pixels pixels, enum fovea_filter filter,
        const struct fovea_axis *axis, struct fovea_error *err)
{
    FOVEA_ASSERT(axis->source_px > 0 && axis->n_px > 0);
    FOVEA_ASSERT(axis->first_px <= axis->resized_px);
    FOVEA_ASSERT(axis->n_px <= axis->resized_px - axis->first_px);
    struct sampling sampling = sampling_of(filter, axis);
    /* A side that keeps its length is not filtered: one tap, weight 1. */
    bool same = axis->extent == (double)axis->resized_px &&
            axis->source_px == axis->resized_px;
    bool halves = pixels != FOVEA_PIXELS_TORCHVISION;
    if (same) {
        sampling.kernel = bilinear;
        sampling.support = 0.5;
    }
    FOVEA_AUTO(fovea_filter_table_finish)
    struct fovea_filter_table table = { .n_outputs = axis->n_px };
    table.n_taps = padded_taps(&sampling, axis->source_px, &table.max_count);
    enum fovea_status status = allocate(&table, halves, err);
    if (status) {
        return status;
    }
    FOVEA_AUTO_FREE double *weights = calloc(table.n_taps, sizeof *weights);
    if (!weights) {
        return fovea_fail_memory(err, table.n_taps * sizeof *weights,
                "the filter's weights");
    }
    table.n_bits =
            halves ? FOVEA_RESAMPLE_BITS : int16_bits(&sampling, axis, weights);
    for (uint32_t i = 0; i < axis->n_px; i++) {
        uint32_t first = compute_weights(&sampling, axis->source_px,
                axis->first_px + i, weights, &table.counts[i]);
        store_output(&table, axis, i, first, weights);
    }
    *table_out = table;
    table = (struct fovea_filter_table){ 0 };
    return FOVEA_OK;
}

void
fovea_filter_table_finish(struct fovea_filter_table *table)
{
    if (!table) {
        return;
    }
    free(table->firsts);
    free(table->counts);
    free(table->highs);
    free(table->lows);
    *table = (struct fovea_filter_table){ 0 };
}
