/* The streaming resize: see resample.h. */
#include "image/resample.h"

#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "image/orient.h"
#include "image/resample_filter.h"
#include "image/resample_kernels.h"
#include "image/resample_wide.h"

struct fovea_resampler {
    bool transposed;
    bool mirrored_y;
    size_t pitch;    /* samples from a row of the canvas to the next */
    uint8_t *window; /* of the canvas: borrowed */

    struct fovea_filter_table along;  /* along a stored row */
    struct fovea_filter_table across; /* from row to row */
    struct fovea_wide_filter wide;    /* of `along`, where it is used */

    /* The row under the filter along it, as planes: of either kind. */
    int16_t *planes;
    uint8_t *wide_planes;
    size_t plane_stride;

    /* The lines that the next outputs across need: line y in slot y % n. */
    uint8_t *ring;
    size_t line_samples;
    const uint8_t **lines; /* of one output, in order */
    int32_t *weights;
    uint8_t *finished; /* transposed: a line after the pass across, and the
                          same after the pass along */
    uint8_t *column;

    uint32_t y;    /* of the next row */
    uint32_t next; /* outputs across that are done */
};

static enum fovea_status
make_tables(struct fovea_resampler *resampler,
        const struct fovea_resample_plan *plan, struct fovea_error *err)
{
    struct fovea_orient orient = fovea_orient_from_exif(plan->orientation);
    resampler->transposed = orient.transposed;
    resampler->mirrored_y = orient.mirrored_y;
    const struct fovea_image_rows *rows = &plan->rows;
    struct fovea_axis x = {
        .resized_px = plan->resized_width_px,
        .first_px = plan->left_px,
        .n_px = plan->crop_width_px,
    };
    struct fovea_axis y = {
        .resized_px = plan->resized_height_px,
        .first_px = plan->top_px,
        .n_px = plan->crop_height_px,
    };
    struct fovea_axis along = orient.transposed ? y : x;
    struct fovea_axis across = orient.transposed ? x : y;
    along.source_px = rows->width_px;
    along.start = rows->left;
    along.extent = rows->across;
    along.mirrored = orient.mirrored_x;
    across.source_px = rows->height_px;
    across.start = rows->top;
    across.extent = rows->down;
    across.mirrored = orient.mirrored_y;
    enum fovea_status status = fovea_filter_table_init(&resampler->along,
            plan->pixels, plan->filter, &along, err);
    if (status) {
        return status;
    }
    status = fovea_filter_table_init(&resampler->across, plan->pixels,
            plan->filter, &across, err);
    return status
            ? status
            : fovea_wide_filter_init(&resampler->along, &resampler->wide, err);
}

/* Taps of an output, at most: the widest kernel reaches two samples to each
   side, or as many more as there are source samples to one. */
static uint64_t
most_taps(uint32_t source_px, uint32_t resized_px)
{
    uint64_t scale = source_px / resized_px + 1;
    return 4 * scale + 2 + FOVEA_RESAMPLE_LANES;
}

/* Tables: two halves of a weight, first and count; and their making. */
static uint64_t
table_bytes(uint64_t n_outputs, uint64_t n_taps)
{
    return fovea_product_bytes(n_outputs,
                   n_taps * 2 * sizeof(int16_t) + 2 * sizeof(uint32_t)) +
            n_taps * sizeof(double);
}

uint64_t
fovea_resampler_bytes(const struct fovea_resample_plan *plan)
{
    bool transposed = fovea_orient_from_exif(plan->orientation).transposed;
    uint32_t resized_along =
            transposed ? plan->resized_height_px : plan->resized_width_px;
    uint32_t resized_across =
            transposed ? plan->resized_width_px : plan->resized_height_px;
    uint64_t n_along = transposed ? plan->crop_height_px : plan->crop_width_px;
    uint64_t n_across = transposed ? plan->crop_width_px : plan->crop_height_px;
    uint64_t taps_along = most_taps(plan->rows.width_px, resized_along);
    uint64_t taps_across = most_taps(plan->rows.height_px, resized_across);
    uint64_t line = 3 * (transposed ? plan->rows.width_px : n_along);
    uint64_t planes = 3 * sizeof(int16_t) * (plan->rows.width_px + taps_along);
    uint64_t digits = fovea_product_bytes(n_along,
            FOVEA_WIDE_DIGITS * (taps_along + FOVEA_WIDE_LANES));
    return fovea_sum_bytes(fovea_product_bytes(line, taps_across + 1),
            digits + planes + 3 * n_along + taps_across * 16 +
                    table_bytes(n_along, taps_along) +
                    table_bytes(n_across, taps_across));
}

static enum fovea_status
make_buffers(struct fovea_resampler *resampler, struct fovea_error *err)
{
    const struct fovea_filter_table *along = &resampler->along;
    const struct fovea_filter_table *across = &resampler->across;
    size_t width = along->end - along->begin;
    bool is_wide = resampler->wide.digits;
    resampler->plane_stride = width +
            (is_wide ? resampler->wide.n_taps + FOVEA_WIDE_LANES
                     : along->n_taps);
    resampler->line_samples =
            3 * (resampler->transposed ? width : along->n_outputs);
    size_t ring_size = 0;
    if (!fovea_mul_size(resampler->line_samples, across->max_count,
                &ring_size)) {
        return fovea_fail_memory(err, SIZE_MAX, "the rows under the filter");
    }
    if (is_wide) {
        resampler->wide_planes = calloc(3 * resampler->plane_stride, 1);
    } else {
        resampler->planes =
                calloc(3 * resampler->plane_stride, sizeof *resampler->planes);
    }
    resampler->ring = malloc(ring_size);
    resampler->lines = calloc(across->max_count, sizeof *resampler->lines);
    resampler->weights = calloc(across->max_count, sizeof *resampler->weights);
    resampler->finished = malloc(resampler->line_samples);
    resampler->column = malloc(3 * (size_t)along->n_outputs);
    if (!(resampler->planes || resampler->wide_planes) || !resampler->ring ||
            !resampler->lines || !resampler->weights || !resampler->finished ||
            !resampler->column) {
        return fovea_fail_memory(err, ring_size, "the rows under the filter");
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_resampler_create(const struct fovea_resample_plan *plan, uint8_t *pixels,
        struct fovea_resampler **resampler_out, struct fovea_error *err)
{
    struct fovea_resampler *resampler = calloc(1, sizeof *resampler);
    if (!resampler) {
        return fovea_fail_memory(err, sizeof *resampler, "the resampler");
    }
    resampler->pitch = 3 * (size_t)plan->canvas_width_px;
    resampler->window = pixels + plan->canvas_y_px * resampler->pitch +
            3 * (size_t)plan->canvas_x_px;
    enum fovea_status status = make_tables(resampler, plan, err);
    if (status) {
        goto fail;
    }
    status = make_buffers(resampler, err);
    if (status) {
        goto fail;
    }
    *resampler_out = resampler;
    return FOVEA_OK;
fail:
    fovea_resampler_destroy(resampler);
    return status;
}

void
fovea_resampler_destroy(struct fovea_resampler *resampler)
{
    if (!resampler) {
        return;
    }
    fovea_filter_table_finish(&resampler->along);
    fovea_filter_table_finish(&resampler->across);
    fovea_wide_filter_finish(&resampler->wide);
    free(resampler->planes);
    free(resampler->wide_planes);
    free(resampler->ring);
    free(resampler->lines);
    free(resampler->weights);
    free(resampler->finished);
    free(resampler->column);
    free(resampler);
}

static uint8_t *
slot_of(const struct fovea_resampler *resampler, uint32_t y)
{
    return resampler->ring +
            (size_t)(y % resampler->across.max_count) * resampler->line_samples;
}

static void
filter_along(struct fovea_resampler *resampler, const uint8_t *rgb,
        uint8_t *out)
{
    const struct fovea_filter_table *along = &resampler->along;
    size_t n = along->end - along->begin;
    size_t stride = resampler->plane_stride;
    if (resampler->wide.digits) {
        fovea_wide_split(rgb, n, resampler->wide_planes, stride);
        fovea_wide_line(&resampler->wide, resampler->wide_planes, stride, out);
        return;
    }
    fovea_resample_split(rgb, n, resampler->planes, stride);
    fovea_resample_line(along, resampler->planes, stride, out);
}

/* All lines of an output have come: sum them and put the result in its place,
   a row of the window, or a column of it where x and y change places. */
static void
finish_output(struct fovea_resampler *resampler, uint32_t output)
{
    const struct fovea_filter_table *across = &resampler->across;
    uint32_t count = across->counts[output];
    for (uint32_t t = 0; t < count; t++) {
        resampler->lines[t] = slot_of(resampler, across->firsts[output] + t);
        resampler->weights[t] = fovea_filter_weight(across, output, t);
    }
    bool transposed = resampler->transposed;
    uint8_t *out = transposed ? resampler->finished
                              : resampler->window + output * resampler->pitch;
    fovea_resample_stack(resampler->lines, resampler->weights, count,
            resampler->line_samples, across->n_bits, out);
    if (!transposed) {
        return;
    }
    filter_along(resampler, resampler->finished, resampler->column);
    for (size_t i = 0; i < resampler->along.n_outputs; i++) {
        memcpy(resampler->window + i * resampler->pitch + 3 * (size_t)output,
                resampler->column + 3 * i, 3);
    }
}

void
fovea_resampler_push(struct fovea_resampler *resampler, const uint8_t *rgb)
{
    const struct fovea_filter_table *across = &resampler->across;
    uint32_t y = resampler->y;
    if (y >= across->end) {
        return;
    }
    resampler->y++;
    if (y < across->begin) {
        return;
    }
    const uint8_t *needed = rgb + 3 * (size_t)resampler->along.begin;
    uint8_t *slot = slot_of(resampler, y);
    if (resampler->transposed) {
        memcpy(slot, needed, resampler->line_samples);
    } else {
        filter_along(resampler, needed, slot);
    }
    /* In the order of the stored rows a mirrored axis ends first. */
    while (resampler->next < across->n_outputs) {
        uint32_t output = resampler->mirrored_y
                ? across->n_outputs - 1 - resampler->next
                : resampler->next;
        if (across->firsts[output] + across->counts[output] > y + 1) {
            break;
        }
        finish_output(resampler, output);
        resampler->next++;
    }
}

struct fovea_window
fovea_resampler_window(const struct fovea_resampler *resampler)
{
    return (struct fovea_window){
        .x_begin = resampler->along.begin,
        .x_end = resampler->along.end,
        .y_begin = resampler->across.begin,
        .y_end = resampler->across.end,
    };
}

bool
fovea_resampler_is_done(const struct fovea_resampler *resampler)
{
    return resampler->next == resampler->across.n_outputs;
}
